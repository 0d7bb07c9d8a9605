/**
 * All seeded protocol bugs. The simulator or a scripted scenario must notice every one of them within its budget, or it is the
 * simulator that is broken.
 */
import type { Mutation } from './mutation.js';
import { CHECKPOINT_MUTATIONS } from './checkpoints.js';
import { EPOCH_MUTATIONS } from './epochs.js';
import { DURABILITY_MUTATIONS } from './durability.js';
import { EVIDENCE_MUTATIONS } from './evidence.js';
import { ORDER_MUTATIONS } from './order.js';
import { RETRANSMISSION_MUTATIONS } from './retransmission.js';
import { VIEW_MUTATIONS } from './views.js';
import { VOTE_MUTATIONS } from './votes.js';

export const MUTATIONS: readonly Mutation[] = [
  ...VOTE_MUTATIONS,
  ...RETRANSMISSION_MUTATIONS,
  ...DURABILITY_MUTATIONS,
  ...ORDER_MUTATIONS,
  ...CHECKPOINT_MUTATIONS,
  ...VIEW_MUTATIONS,
  ...EVIDENCE_MUTATIONS,
  ...EPOCH_MUTATIONS,
];
