-- Up Migration
-- The ledger of one organisation. Append-only by privilege and by trigger, except ledger.state, which is derived from
-- the blocks and proven by the state root in every result record. Digests and hashes are 32 raw bytes.

-- Roles ---------------------------------------------------------------------------------------------------------------
-- Group roles of the whole server; logins become members, or name the role at connection (options=-c role=…).
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['countersign_owner', 'countersign_writer', 'countersign_reader'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      END IF;
    EXCEPTION
      -- Another database of this server was migrated in the same moment.
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % is missing, and login % may not create roles', wanted, current_user
          USING ERRCODE = 'insufficient_privilege',
                HINT = format('as an administrator: CREATE ROLE %I NOLOGIN; GRANT %I TO %I;', wanted, wanted, current_user);
    END;
    BEGIN
      EXECUTE format('SET LOCAL ROLE %I', wanted);
      RESET ROLE;
    EXCEPTION WHEN insufficient_privilege THEN
      BEGIN
        EXECUTE format('GRANT %I TO %I', wanted, current_user);
      EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'login % is no member of role %', current_user, wanted
          USING ERRCODE = 'insufficient_privilege',
                HINT = format('as an administrator: GRANT %I TO %I;', wanted, current_user);
      END;
    END;
  END LOOP;
END
$$;

GRANT USAGE, CREATE ON SCHEMA ledger TO countersign_owner;
GRANT USAGE ON SCHEMA ledger TO countersign_writer, countersign_reader;
GRANT SELECT ON ledger.schema_migrations TO countersign_owner, countersign_writer, countersign_reader;

SET LOCAL ROLE countersign_owner;

-- Tables --------------------------------------------------------------------------------------------------------------
CREATE TABLE ledger.genesis (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  chain_id bytea NOT NULL CHECK (octet_length(chain_id) = 32),
  -- RFC 8785 bytes; their SHA-256 is the chain id.
  document bytea NOT NULL
);

-- Height 0 is genesis: it has a result record, but no header and no certificate.
CREATE TABLE ledger.blocks (
  height bigint PRIMARY KEY CHECK (height >= 0),
  -- A block is written only onto its parent: heights have no gap.
  parent_height bigint GENERATED ALWAYS AS (NULLIF(height, 0) - 1) STORED REFERENCES ledger.blocks (height),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  header bytea CHECK ((header IS NULL) = (height = 0)),
  result_record bytea NOT NULL,
  -- Root of the result log of size height + 1.
  log_root bytea NOT NULL CHECK (octet_length(log_root) = 32),
  -- Encoded QuorumCertificate of COMMIT votes.
  certificate bytea CHECK ((certificate IS NULL) = (height = 0)),
  transaction_count integer NOT NULL CHECK (transaction_count >= 0),
  body_bytes integer NOT NULL CHECK (body_bytes >= 0),
  timestamp_ms bigint NOT NULL,
  -- Where the vote journal stood when the block was applied.
  journal_id text CHECK ((journal_id IS NULL) = (height = 0)),
  journal_position bigint CHECK ((journal_position IS NULL) = (height = 0))
);

-- No foreign keys below: a block's rows are written in one database transaction, and a check for each row would cost
-- more than writing it.
CREATE TABLE ledger.transactions (
  height bigint NOT NULL,
  index integer NOT NULL,
  id bytea NOT NULL CHECK (octet_length(id) = 32),
  body bytea NOT NULL,
  signature bytea NOT NULL CHECK (octet_length(signature) = 64),
  outcome bytea NOT NULL,
  PRIMARY KEY (height, index)
);
CREATE UNIQUE INDEX transactions_id ON ledger.transactions (id);

CREATE TABLE ledger.subject_entries (
  -- Digest of the state key subject/<subject>, where the history is proven.
  subject_digest bytea NOT NULL CHECK (octet_length(subject_digest) = 32),
  -- Position in the subject's history, 0 first.
  sequence bigint NOT NULL CHECK (sequence >= 0),
  height bigint NOT NULL,
  transaction_index integer NOT NULL,
  record_index integer NOT NULL,
  record_digest bytea NOT NULL CHECK (octet_length(record_digest) = 32),
  -- Bytes [record_start, record_end) of transactions.body are the record.
  record_start integer NOT NULL CHECK (record_start >= 0),
  record_end integer NOT NULL CHECK (record_end >= record_start),
  PRIMARY KEY (subject_digest, sequence)
);

-- Roots of the perfect subtrees of the result log: leaves index·2^level … (index+1)·2^level − 1.
CREATE TABLE ledger.log_nodes (
  level smallint NOT NULL CHECK (level >= 0),
  index bigint NOT NULL CHECK (index >= 0),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (level, index)
);

CREATE TABLE ledger.checkpoints (
  height bigint PRIMARY KEY CHECK (height >= 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  -- Encoded CheckpointCertificate.
  certificate bytea NOT NULL
);

-- The world state at the head. Room in each page lets an update stay in it without touching the index.
CREATE TABLE ledger.state (
  bucket integer NOT NULL CHECK (bucket >= 0),
  key_digest bytea NOT NULL CHECK (octet_length(key_digest) = 32),
  key bytea NOT NULL,
  value bytea NOT NULL,
  value_digest bytea NOT NULL CHECK (octet_length(value_digest) = 32),
  PRIMARY KEY (bucket, key_digest)
) WITH (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Append-only ---------------------------------------------------------------------------------------------------------
-- Holds for every role, the owner and administrators included, and in every replication role: only a change of the
-- schema (ALTER TABLE … DISABLE TRIGGER) gets past it.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger.% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation',
          HINT = 'what was committed is countersigned by other organisations; restore a damaged database from a backup or from them';
END
$$;

DO $$
DECLARE
  protected text;
BEGIN
  FOREACH protected IN ARRAY
    ARRAY['genesis', 'blocks', 'transactions', 'subject_entries', 'log_nodes', 'checkpoints'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', protected);
    EXECUTE format('ALTER TABLE ledger.%I ENABLE ALWAYS TRIGGER append_only', protected);
    EXECUTE format('GRANT SELECT, INSERT ON ledger.%I TO countersign_writer', protected);
    EXECUTE format('GRANT SELECT ON ledger.%I TO countersign_reader', protected);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.state TO countersign_writer;
GRANT SELECT ON ledger.state TO countersign_reader;

RESET ROLE;
