/** What the resources of an audit answer, as docs/openapi.json describes them. */
import type { Digest, Height } from '../../protocol/primitives/identifiers.js';

export interface AuditResultResource {
  readonly height: Height;
  /** Base64; absent for genesis. */
  readonly header?: string;
  /** Base64. */
  readonly resultRecord: string;
  readonly logRoot: Digest;
}

export interface AuditStateItem {
  readonly keyDigest: string;
  /** Hex of the key's bytes. */
  readonly key: string;
  readonly valueDigest: string;
}

export interface AuditStatePage {
  readonly asOfHeight: Height;
  readonly items: readonly AuditStateItem[];
}
