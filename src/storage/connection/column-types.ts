/** How column values reach us: bigint as a checked number, bytea as bytes, the rest as the driver does it. */
import pg from 'pg';
import { isCheckedInteger } from '../../protocol/primitives/checked-integers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';

function parseInteger(text: string): number {
  const value = Number(text);
  if (!isCheckedInteger(value)) {
    throw new LedgerError('DATABASE_CORRUPT', `the database holds the number ${text}, which no ledger has`);
  }
  return value;
}

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, parseInteger);

/** For the option `types` of a client or pool. */
export const columnTypes: pg.CustomTypesConfig = types;
