/** The position of an audit in a file: put in place by a rename, so that whoever reads it finds a whole one. */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { AUDIT_PASSES, type AuditPosition } from '../../audit/audit-position.js';
import { AUDITED_TABLES } from '../../audit/finding.js';
import type { BlockHash, ChainId, Digest } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { writeOutput } from '../input-file.js';

const FORMAT = 'countersign-audit-position/v1';
const FINDINGS_MAX = 1_000;

const count = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const hex = z.string().regex(/^([0-9a-f]{2})*$/);

const positionSchema = z.strictObject({
  format: z.literal(FORMAT),
  chainId: digest,
  position: z.strictObject({
    head: count,
    fromHeight: count,
    pass: z.enum(AUDIT_PASSES),
    chain: z
      .strictObject({
        nextHeight: count,
        previousHash: digest.transform((text) => text as BlockHash),
        resultLog: hex,
        epoch: count,
        validatorsDigest: digest.transform((text) => text as Digest),
      })
      .optional(),
    page: count.optional(),
    afterHistory: digest.optional(),
    certifiedHeight: count,
    counts: z.strictObject({
      blocks: count,
      transactions: count,
      records: count,
      stateEntries: count,
      signatures: count,
    }),
    findings: z.strictObject({
      kept: z
        .array(
          z.strictObject({
            table: z.enum(AUDITED_TABLES),
            row: z.record(z.string(), z.union([z.string(), z.number()])),
            heights: z.array(count),
            problem: z.string(),
            expected: z.string(),
            found: z.string(),
          }),
        )
        .max(FINDINGS_MAX),
      countByTable: z.partialRecord(z.enum(AUDITED_TABLES), count),
    }),
  }),
});

export class PositionFile {
  constructor(
    private readonly file: string,
    private readonly chainId: ChainId,
  ) {}

  /** `undefined` without a file. Throws LedgerError AUDIT_POSITION_INVALID. */
  read(): AuditPosition | undefined {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
        return undefined;
      throw this.invalid(error instanceof Error ? error.message : String(error));
    }
    const parsed = positionSchema.safeParse(parseJson(text));
    if (!parsed.success) throw this.invalid(z.prettifyError(parsed.error));
    if (parsed.data.chainId !== this.chainId) throw this.invalid(`it is of chain ${parsed.data.chainId}`);
    return parsed.data.position;
  }

  write(position: AuditPosition): void {
    const draft = `${this.file}.${process.pid}`;
    writeOutput(draft, JSON.stringify({ format: FORMAT, chainId: this.chainId, position }));
    renameSync(draft, this.file);
  }

  /** After an audit that has come to its end. */
  remove(): void {
    rmSync(this.file, { force: true });
  }

  private invalid(reason: string): LedgerError {
    const message = `${this.file} holds no position to go on from (${reason}): remove it, or name another file`;
    return new LedgerError('AUDIT_POSITION_INVALID', message);
  }
}

/** `undefined` for what is no JSON, which the schema refuses in words. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
