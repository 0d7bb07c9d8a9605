/**
 * The stored subtrees of long histories (ledger.subject_nodes) against those that the entries of one range of digests give. A
 * subtree that was completed after the state was read is told apart by the entry that completed it.
 */
import type { MerkleNode } from '../../protocol/crypto/merkle/merkle-frontier.js';
import { bytesEqual, bytesToHex } from '../../protocol/primitives/bytes.js';
import type { AuditContext } from '../audit-context.js';
import type { StoredSubjectNode } from '../stored-rows.js';

/** The lowest level that is stored. */
const LEVEL_MIN = 8;
const NODES_PER_READ = 2_000;

function nameOf(
  subject: string,
  { level, index }: { readonly level: number; readonly index: number },
): string {
  return `${subject}/${level}/${index}`;
}

interface ExpectedNode extends MerkleNode {
  readonly subject: string;
}

export class SubjectNodesCheck {
  private readonly expected = new Map<string, ExpectedNode>();
  /** Histories of the range that agree with the state. */
  private readonly sound = new Set<string>();

  constructor(private readonly context: AuditContext) {}

  /** Subtrees that an entry has completed. */
  onCompleted(keyDigest: Uint8Array, completed: readonly MerkleNode[]): void {
    if (completed.length <= LEVEL_MIN) return;
    const subject = bytesToHex(keyDigest);
    for (const node of completed.slice(LEVEL_MIN))
      this.expected.set(nameOf(subject, node), { ...node, subject });
  }

  /** The history agrees with the state, so its subtrees can be judged; of another one nothing is said twice. */
  onSound(keyDigest: Uint8Array): void {
    this.sound.add(bytesToHex(keyDigest));
  }

  /** Holds the stored rows against it, of digests after `after` up to `upTo`. */
  async compare(after: Uint8Array | undefined, upTo: Uint8Array | undefined): Promise<void> {
    const { rows } = this.context;
    let cursor: StoredSubjectNode | undefined;
    for (;;) {
      const page: readonly StoredSubjectNode[] = await rows.readSubjectNodes(
        cursor ?? after,
        upTo,
        NODES_PER_READ,
      );
      for (const node of page) await this.take(node);
      cursor = page.at(-1);
      if (page.length < NODES_PER_READ) break;
    }
    for (const { subject, level, index, hash } of this.expected.values())
      if (this.sound.has(subject))
        this.report(
          subject,
          level,
          index,
          'a subtree of this history is missing',
          bytesToHex(hash),
          'no row',
        );
  }

  private async take({ subjectDigest, level, index, hash }: StoredSubjectNode): Promise<void> {
    const subject = bytesToHex(subjectDigest);
    const name = nameOf(subject, { level, index });
    const expected = this.expected.get(name);
    this.expected.delete(name);
    if (expected !== undefined) {
      if (!this.sound.has(subject) || bytesEqual(expected.hash, hash)) return;
      const problem = 'a subtree of this history has another hash than its entries give';
      this.report(subject, level, index, problem, bytesToHex(expected.hash), bytesToHex(hash));
      return;
    }
    if (await this.isOfLaterEntries(subjectDigest, level, index)) return;
    this.report(
      subject,
      level,
      index,
      'no entries of a history make this subtree',
      'no row',
      bytesToHex(hash),
    );
  }

  /** Its last entry is there: it was appended after the state was read, or belongs to a history that was reported already. */
  private async isOfLaterEntries(subjectDigest: Uint8Array, level: number, index: number): Promise<boolean> {
    const last = (index + 1) * 2 ** level - 1;
    if (!Number.isSafeInteger(last)) return false;
    const [entry] = await this.context.rows.readEntries(
      { subjectDigest, sequence: last - 1 },
      subjectDigest,
      1,
    );
    return entry?.sequence === last;
  }

  private report(
    subject: string,
    level: number,
    index: number,
    problem: string,
    expected: string,
    found: string,
  ): void {
    const row = { subject_digest: subject, level, index };
    this.context.findings.add({ table: 'subject_nodes', row, heights: [], problem, expected, found });
  }
}
