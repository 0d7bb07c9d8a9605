/** The action of a motion in the state: kind u8 ‖ text organisation ‖ what the kind needs. Proofs were checked and are left out. */
import type { ByteReader } from '../../encoding/byte-reader.js';
import type { ByteWriter } from '../../encoding/byte-writer.js';
import type { PlainAction } from '../../ledger/transaction.js';
import type { OrganisationName, PublicKey } from '../../primitives/identifiers.js';

export type MotionAction =
  | PlainAction
  | {
      readonly type: 'admitOrganisation';
      readonly organisation: OrganisationName;
      readonly ledgerKey: PublicKey;
      /** "host:port". */
      readonly address: string;
      readonly admin: { readonly name: string; readonly publicKey: PublicKey };
    }
  | {
      readonly type: 'rotateLedgerKey';
      readonly organisation: OrganisationName;
      readonly ledgerKey: PublicKey;
    };

/** Index + 1 is the kind's number, which never changes. */
const KINDS = [
  'admitOrganisation',
  'promoteValidator',
  'demoteValidator',
  'removeOrganisation',
  'rotateLedgerKey',
  'setParameters',
] as const satisfies readonly MotionAction['type'][];

export function writeAction(writer: ByteWriter, action: MotionAction): ByteWriter {
  writer.u8(KINDS.indexOf(action.type) + 1);
  switch (action.type) {
    case 'admitOrganisation': {
      const { organisation, ledgerKey, address, admin } = action;
      writer.text(organisation).digest(ledgerKey).text(address);
      return writer.text(admin.name).digest(admin.publicKey);
    }
    case 'promoteValidator':
    case 'demoteValidator':
    case 'removeOrganisation':
      return writer.text(action.organisation);
    case 'rotateLedgerKey':
      return writer.text(action.organisation).digest(action.ledgerKey);
    case 'setParameters':
      writer.u16(action.parameters.length);
      for (const { name, value } of action.parameters) writer.text(name).u64(value);
      return writer;
  }
}

function readParameters(reader: ByteReader): MotionAction | undefined {
  const count = reader.u16() ?? 0;
  const parameters = [];
  for (let index = 0; index < count; index++) {
    const name = reader.text();
    const value = reader.u64();
    if (name === undefined || value === undefined) return undefined;
    parameters.push({ name, value });
  }
  return { type: 'setParameters', parameters };
}

/** `undefined` for what `writeAction` never writes. */
export function readAction(reader: ByteReader): MotionAction | undefined {
  const type = KINDS[(reader.u8() ?? 0) - 1];
  if (type === undefined) return undefined;
  if (type === 'setParameters') return readParameters(reader);
  const organisation = reader.text();
  if (organisation === undefined) return undefined;
  if (type !== 'admitOrganisation' && type !== 'rotateLedgerKey') return { type, organisation };
  const ledgerKey = reader.digest() as PublicKey | undefined;
  if (ledgerKey === undefined) return undefined;
  if (type === 'rotateLedgerKey') return { type, organisation, ledgerKey };
  const address = reader.text();
  const name = reader.text();
  const publicKey = reader.digest() as PublicKey | undefined;
  if (address === undefined || name === undefined || publicKey === undefined) return undefined;
  return { type, organisation, ledgerKey, address, admin: { name, publicKey } };
}
