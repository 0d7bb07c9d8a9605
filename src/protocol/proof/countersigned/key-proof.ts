/**
 * A proof of the state in a file (HIST-2): the value stands beside it, so the leaf at the end of the path is written down only
 * when it is that of another key. One value, or absence, has one proof.
 */
import { bytesEqual } from '../../primitives/bytes.js';
import { reject, type Result } from '../../primitives/rejection.js';
import { stateValueDigest } from '../../state/state-key.js';
import type { StateLeaf } from '../../state/state-hash.js';
import { verifyStateProof, type ProvenState, type StateProof } from '../../state/state-proof.js';
import { pathToJson } from './countersigned-result.js';
import type { CanonicalValue } from '../canonical-json.js';

export interface KeyProof {
  /** The other child at each step from the root down. */
  readonly siblings: readonly Uint8Array[];
  /** Leaf of another key, in whose place that of the absent one would be. */
  readonly other: StateLeaf | undefined;
}

export function keyProofOf({ siblings, end }: StateProof, keyDigest: Uint8Array): KeyProof {
  const isOther = end !== undefined && !bytesEqual(end.keyDigest, keyDigest);
  return { siblings, other: isOther ? end : undefined };
}

export function keyProofToJson({ siblings, other }: KeyProof): CanonicalValue {
  return {
    siblings: pathToJson(siblings),
    other: pathToJson(other === undefined ? [] : [other.keyDigest, other.valueDigest]),
  };
}

/** That the key has exactly `value` under the root; `undefined` for none. Refusal: PROOF_INVALID. */
export function verifyKeyProof(
  root: Uint8Array,
  keyDigest: Uint8Array,
  value: Uint8Array | undefined,
  { siblings, other }: KeyProof,
): Result<ProvenState> {
  if (value !== undefined && other !== undefined)
    return reject(
      'PROOF_INVALID',
      'a value is given, and the path ends in the leaf of another key',
      'stateProof',
    );
  if (other !== undefined && bytesEqual(other.keyDigest, keyDigest))
    return reject(
      'PROOF_INVALID',
      'no value is given, and the path ends in the leaf of the key',
      'stateProof',
    );
  const own = value && { keyDigest, valueDigest: stateValueDigest(value) };
  return verifyStateProof(root, keyDigest, { siblings, end: own ?? other });
}
