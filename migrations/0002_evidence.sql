-- Up Migration
-- Proofs that a validator signed what no correct one does (docs/PROTOCOL.md, PBFT-EVIDENCE). Each proves itself, so the
-- rows stand alone: no block's database transaction writes them, and nothing refers to them.

SET LOCAL ROLE countersign_owner;

CREATE TABLE ledger.evidence (
  -- Order in which this node has saved them; a proof that was held already leaves a gap.
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- What the offender is accused of (protocol/pbft/evidence.ts): one proof of each thing is enough.
  slot text NOT NULL UNIQUE,
  -- Position in the validator set of the epoch; which organisation that is says the chain.
  offender integer NOT NULL CHECK (offender >= 0),
  epoch bigint NOT NULL CHECK (epoch >= 0),
  kind text NOT NULL,
  -- Encoded Evidence; the columns above repeat what it says.
  document bytea NOT NULL,
  saved_at_ms bigint NOT NULL DEFAULT floor(extract(epoch FROM clock_timestamp()) * 1000)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.evidence
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.evidence ENABLE ALWAYS TRIGGER append_only;

GRANT SELECT, INSERT ON ledger.evidence TO countersign_writer;
GRANT SELECT ON ledger.evidence TO countersign_reader;

RESET ROLE;
