/** From stored evidence to an item of /v1/evidence, with a sentence that says what it proves. */
import type { StoredEvidence } from '../../node/ports.js';
import type {
  ConcealedCommit,
  ConflictingCheckpoints,
  ConflictingVotes,
  Evidence,
} from '../../protocol/pbft/evidence.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { ApiPorts } from '../api-ports.js';
import { certificateToBody } from '../blocks/block-view.js';
import { timestampToText } from '../pages/value-schemas.js';
import type { EvidenceBody } from './evidence-schemas.js';
import { evidenceToStatements } from './signed-statements.js';

export function evidenceToBody(stored: StoredEvidence, chain: ApiPorts['chain']): EvidenceBody {
  const { sequence, savedAtMs, evidence } = stored;
  const { offender, epoch } = evidence;
  const validator = chain.validatorsIn(epoch)?.[offender];
  if (validator === undefined) {
    throw new LedgerError(
      'DATABASE_CORRUPT',
      `evidence ${sequence} accuses validator ${offender} of epoch ${epoch}, which this chain does not have; run "countersign audit run"`,
    );
  }
  const { organisation, ledgerKey } = validator;
  const common = {
    sequence,
    organisation,
    epoch,
    savedAt: timestampToText(savedAtMs),
    meaning: `${organisation} ${deedOf(evidence)}.`,
    statements: evidenceToStatements(evidence, ledgerKey, chain),
  };
  switch (evidence.type) {
    case 'conflictingVotes':
      return { ...common, ...votesToBody(evidence) };
    case 'conflictingCheckpoints':
      return { ...common, ...checkpointsToBody(evidence) };
    case 'concealedCommit':
      return { ...common, ...concealedCommitToBody(evidence) };
  }
}

function isAboutView({ kind }: ConflictingVotes): boolean {
  return kind === 'viewChange' || kind === 'newView';
}

function votesToBody(evidence: ConflictingVotes) {
  const { type: kind, kind: voteKind, view, height } = evidence;
  return { kind, voteKind, view, ...(isAboutView(evidence) ? {} : { height }) };
}

function checkpointsToBody({ type: kind, height }: ConflictingCheckpoints) {
  return { kind, height };
}

function concealedCommitToBody({ type: kind, commit, viewChange, baseCertificate }: ConcealedCommit) {
  const { base, tips } = viewChange.claim;
  return {
    kind,
    view: commit.view,
    height: commit.height,
    claim: {
      view: viewChange.view,
      base: { height: base.height, blockHash: base.blockHash },
      tips: tips.map(({ view, height, blockHash }) => ({ view, height, blockHash })),
    },
    ...(baseCertificate === undefined ? {} : { baseCertificate: certificateToBody(baseCertificate) }),
  };
}

/** What it did: completes a sentence that begins with the organisation. */
function deedOf(evidence: Evidence): string {
  switch (evidence.type) {
    case 'conflictingVotes':
      return voteDeedOf(evidence);
    case 'conflictingCheckpoints':
      return `countersigned two different results of height ${evidence.height}`;
    case 'concealedCommit': {
      const { commit, viewChange } = evidence;
      return `voted to commit a block at height ${commit.height} in view ${commit.view}, and did not tell of it when it left for view ${viewChange.view}`;
    }
  }
}

function voteDeedOf({ kind, view, height }: ConflictingVotes): string {
  switch (kind) {
    case 'propose':
      return `proposed two different blocks for height ${height} in view ${view}`;
    case 'prepare':
    case 'commit':
      return `voted to ${kind} two different blocks at height ${height} in view ${view}`;
    case 'viewChange':
      return `said two different things of its blocks when it left for view ${view}`;
    case 'newView':
      return `began view ${view} twice, from different words of the others`;
  }
}
