/** Every controller of the REST edge: what is served and what the OpenAPI document describes are this one list. */
import type { Type } from '@nestjs/common';
import { AuditController } from './audit/audit.controller.js';
import { BlocksController } from './blocks/blocks.controller.js';
import { CallersController } from './callers/callers.controller.js';
import { CheckpointsController } from './checkpoints/checkpoints.controller.js';
import { LogProofsController } from './checkpoints/log-proofs.controller.js';
import { EvidenceController } from './evidence/evidence.controller.js';
import { MembersController } from './members/members.controller.js';
import { MotionsController } from './motions/motions.controller.js';
import { ReceiptKeysController } from './receipts/receipt-keys.controller.js';
import { RecordsController } from './records/records.controller.js';
import { StateController } from './state/state.controller.js';
import { SearchController } from './search/search.controller.js';
import { StatusController } from './node-health/status.controller.js';
import { SubjectsController } from './subjects/subjects.controller.js';
import { SubmitController } from './transactions/submit.controller.js';
import { TransactionsController } from './transactions/transactions.controller.js';

export const API_CONTROLLERS: readonly Type<object>[] = [
  SubmitController,
  RecordsController,
  TransactionsController,
  BlocksController,
  CheckpointsController,
  LogProofsController,
  ReceiptKeysController,
  SubjectsController,
  StateController,
  SearchController,
  MembersController,
  MotionsController,
  CallersController,
  EvidenceController,
  AuditController,
  StatusController,
];
