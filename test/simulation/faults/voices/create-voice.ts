/** The voice of a fault; kinds that misbehave in other ways than by what they say have none. */
import type { Cluster } from '../../cluster.js';
import type { FaultKind } from '../../options.js';
import type { Endpoint } from '../../twins/simulated-network.js';
import { Concealer } from './concealer.js';
import { Equivocator } from './equivocator.js';
import { Flooder } from './flooder.js';
import { Forger } from './forger.js';
import { Liar } from './liar.js';
import { SyncLiar } from './sync-liar.js';
import type { Voice } from './voice.js';

export function createVoice(
  fault: FaultKind | undefined,
  endpoint: Endpoint,
  cluster: Cluster,
): Voice | undefined {
  switch (fault) {
    case 'liar':
      return new Liar(endpoint, cluster);
    case 'equivocator':
      return new Equivocator(endpoint, cluster);
    case 'concealer':
      return new Concealer(endpoint, cluster);
    case 'forger':
      return new Forger(endpoint, cluster);
    case 'syncLiar':
      return new SyncLiar(endpoint, cluster);
    case 'flooder':
      return new Flooder(endpoint, cluster);
    default:
      return undefined;
  }
}
