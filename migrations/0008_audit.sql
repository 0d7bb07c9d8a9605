-- Up Migration
-- The ledger for people who read SQL (docs/AUDIT-SQL.md): documented views, for logins that may do nothing else. The views are
-- the owner's; a login of countersign_auditor needs no right on the tables. What the functions read are the canonical bytes
-- of src/protocol, and they give NULL for what they do not know rather than fail: no row may hide the others.

-- Role ----------------------------------------------------------------------------------------------------------------
-- Nobody but an auditor needs it, so a login that may not create it migrates all the same and is told afterwards.
DO $$
BEGIN
  IF to_regrole('countersign_auditor') IS NULL THEN
    CREATE ROLE countersign_auditor NOLOGIN;
  END IF;
EXCEPTION
  -- Another database of this server was migrated in the same moment, or ledger.auditor_precautions() will say what to do.
  WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END
$$;

CREATE SCHEMA audit AUTHORIZATION countersign_owner;
GRANT USAGE ON SCHEMA audit TO countersign_writer, countersign_reader;

SET LOCAL ROLE countersign_owner;

-- Bytes ---------------------------------------------------------------------------------------------------------------
CREATE FUNCTION audit.utf8(bytes bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN convert_from(bytes, 'UTF8');
END
$$;

CREATE FUNCTION audit.u16(bytes bytea, start integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT get_byte(bytes, start) * 256 + get_byte(bytes, start + 1)
$$;

CREATE FUNCTION audit.u32(bytes bytea, start integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ('x' || encode(substring(bytes FROM start + 1 FOR 4), 'hex'))::bit(32)::bigint
$$;

CREATE FUNCTION audit.u64(bytes bytea, start integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ('x' || encode(substring(bytes FROM start + 1 FOR 8), 'hex'))::bit(64)::bigint
$$;

CREATE FUNCTION audit.hex(bytes bytea, start integer, size integer) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT encode(substring(bytes FROM start + 1 FOR size), 'hex')
$$;

-- u16 length, then UTF-8.
CREATE FUNCTION audit.text_at(bytes bytea, start integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN convert_from(substring(bytes FROM start + 3 FOR get_byte(bytes, start) * 256 + get_byte(bytes, start + 1)), 'UTF8');
END
$$;

CREATE FUNCTION audit.text_size(bytes bytea, start integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT 2 + get_byte(bytes, start) * 256 + get_byte(bytes, start + 1)
$$;

-- Protobuf: a number in groups of seven bits, lowest first. Bodies are canonical, so the shortest form is the only one.
CREATE FUNCTION audit.varint(bytes bytea, start integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  byte integer := get_byte(bytes, start);
  value bigint := byte & 127;
  place integer := 0;
BEGIN
  WHILE byte > 127 LOOP
    place := place + 1;
    byte := get_byte(bytes, start + place);
    value := value | ((byte & 127)::bigint << (7 * place));
  END LOOP;
  RETURN value;
END
$$;

CREATE FUNCTION audit.varint_size(value bigint) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN value < 128 THEN 1 WHEN value < 16384 THEN 2 WHEN value < 2097152 THEN 3 WHEN value < 268435456 THEN 4
              WHEN value < 34359738368 THEN 5 WHEN value < 4398046511104 THEN 6 WHEN value < 562949953421312 THEN 7
              ELSE 8 END
$$;

-- Bucket of the state tree (STATE-2): the first 18 bits of the digest.
CREATE FUNCTION audit.state_bucket(digest bytea) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT get_byte(digest, 0) * 1024 + get_byte(digest, 1) * 4 + get_byte(digest, 2) / 64
$$;

CREATE FUNCTION audit.to_time(milliseconds bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT timestamptz 'epoch' + milliseconds * interval '1 millisecond'
$$;

-- The subject that an entry subject/<subject> of the state is about; NULL for other entries. An index calls it when a block
-- is written, so it must never fail: what the database's encoding cannot hold is shown in hex.
CREATE FUNCTION audit.subject_text(key bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE AS $$
BEGIN
  IF get_byte(key, 0) <> 6 THEN RETURN NULL; END IF;
  IF getdatabaseencoding() = 'UTF8' THEN RETURN convert_from(substring(key FROM 4), 'UTF8'); END IF;
  BEGIN
    RETURN convert_from(substring(key FROM 4), 'UTF8');
  EXCEPTION WHEN untranslatable_character OR character_not_in_repertoire THEN
    RETURN encode(substring(key FROM 4), 'hex');
  END;
END
$$;

-- Transactions --------------------------------------------------------------------------------------------------------
-- OUT-1: version u16, code u8, detail, signer's key, identity, custody.
CREATE FUNCTION audit.decode_outcome(
  outcome bytea, OUT code text, OUT failure text, OUT first_id text, OUT public_key text, OUT identity text, OUT custody text
) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  place integer := 3;
BEGIN
  IF audit.u16(outcome, 0) <> 1 THEN RETURN; END IF;
  CASE get_byte(outcome, 2)
    WHEN 0 THEN
      code := 'OK';
    WHEN 1 THEN
      code := 'REPLAYED';
      first_id := audit.hex(outcome, 3, 32);
      place := 35;
    WHEN 2 THEN
      code := 'FAILED';
      failure := audit.text_at(outcome, 3);
      place := 5 + octet_length(failure);
    ELSE RETURN;
  END CASE;
  public_key := audit.hex(outcome, place, 32);
  identity := nullif(audit.text_at(outcome, place + 32), '');
  custody := CASE get_byte(outcome, octet_length(outcome) - 1) WHEN 0 THEN 'self' WHEN 1 THEN 'node' END;
END
$$;

-- What stands before the command's content in a body (proto/countersign/v1/transaction.proto): chain id and key have 34 bytes
-- each; all of it fits the first 256 bytes, so that a long body is not read for it.
CREATE FUNCTION audit.decode_body(
  body bytea, OUT idempotency_key text, OUT valid_until_height bigint, OUT command text, OUT content_start integer
) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  head bytea := substring(body FROM 1 FOR 256);
  place integer := 69;
  size bigint := audit.varint(head, place);
BEGIN
  place := place + audit.varint_size(size);
  idempotency_key := convert_from(substring(head FROM place + 1 FOR size::integer), 'UTF8');
  place := place + size;
  valid_until_height := 0;
  IF get_byte(head, place) = 32 THEN
    valid_until_height := audit.varint(head, place + 1);
    place := place + 1 + audit.varint_size(valid_until_height);
  END IF;
  command := (ARRAY['recordDocuments', 'captureEpcisDocument', 'registerIdentity', 'changeIdentity', 'rotateIdentityKey',
    'revokeIdentity', 'setReaders', 'proposeMotion', 'castBallot', 'withdrawMotion', 'setAddress', 'registerCredential', 'revokeCredential']
  )[(audit.varint(head, place) >> 3) - 15];
  content_start := place + 2 + audit.varint_size(audit.varint(head, place + 2));
END
$$;

-- Whether a text is what the type jsonb can hold: it has no \u0000, and numbers beyond 131072 digits before or 16383 behind
-- the point are refused. The ledger takes both.
CREATE FUNCTION audit.to_jsonb(content text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE AS $$
BEGIN
  RETURN content::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN NULL;
END
$$;

-- Each event of an EPCIS document as the exact slice that is the record. Type json gives slices as they stand, but reads every
-- name on its way and stops at \u0000; that gets a stand-in that the document cannot hold, since it holds its own digest.
CREATE FUNCTION audit.epcis_events(document text)
RETURNS TABLE (event_index integer, event_type text, content text)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  stand_in text;
BEGIN
  IF strpos(document, '\u0000') > 0 THEN
    stand_in := '\ufffd' || encode(sha256(convert_to(document, 'UTF8')), 'hex');
    RETURN QUERY
      SELECT (ordinality - 1)::integer, value ->> 'type', replace(value::text, stand_in, '\u0000')
      FROM json_array_elements(replace(document, '\u0000', stand_in)::json #> ARRAY['epcisBody', 'eventList'])
        WITH ORDINALITY;
  ELSE
    RETURN QUERY
      SELECT (ordinality - 1)::integer, value ->> 'type', value::text
      FROM json_array_elements(document::json #> ARRAY['epcisBody', 'eventList']) WITH ORDINALITY;
  END IF;
END
$$;

-- The records of one transaction, whether or not they name subjects; none unless its outcome is OK.
CREATE FUNCTION audit.decode_records(body bytea, outcome bytea)
RETURNS TABLE (record_index integer, command text, kind text, content text)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 2 AS $$
DECLARE
  content_start integer;
  bytes bytea;
  tag integer;
  place integer := 0;
  document_end integer;
  size integer;
BEGIN
  IF get_byte(outcome, 2) <> 0 THEN RETURN; END IF;
  SELECT head.command, head.content_start INTO command, content_start FROM audit.decode_body(body) AS head;
  IF command IS NULL OR command NOT IN ('recordDocuments', 'captureEpcisDocument') THEN RETURN; END IF;
  bytes := substring(body FROM content_start + 1);
  IF command = 'captureEpcisDocument' THEN
    size := audit.varint(bytes, 1);
    RETURN QUERY
      SELECT event.event_index, decode_records.command, event.event_type, event.content
      FROM audit.epcis_events(audit.utf8(substring(bytes FROM 2 + audit.varint_size(size) FOR size))) AS event;
    RETURN;
  END IF;
  record_index := 0;
  WHILE place < octet_length(bytes) LOOP
    size := audit.varint(bytes, place + 1);
    place := place + 1 + audit.varint_size(size);
    document_end := place + size;
    WHILE place < document_end LOOP
      tag := get_byte(bytes, place);
      size := audit.varint(bytes, place + 1);
      place := place + 1 + audit.varint_size(size);
      IF tag = 10 THEN kind := convert_from(substring(bytes FROM place + 1 FOR size), 'UTF8');
      ELSIF tag = 18 THEN content := convert_from(substring(bytes FROM place + 1 FOR size), 'UTF8');
      END IF;
      place := place + size;
    END LOOP;
    RETURN NEXT;
    record_index := record_index + 1;
  END LOOP;
END
$$;

-- Entries of the state ------------------------------------------------------------------------------------------------
CREATE FUNCTION audit.decode_organisation(
  value bytea, OUT ledger_key text, OUT address text, OUT admitted_height bigint, OUT removed_height bigint
) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  place integer;
BEGIN
  IF get_byte(value, 0) NOT IN (1, 2) THEN RETURN; END IF;
  ledger_key := audit.hex(value, 1, 32);
  admitted_height := 0;
  IF get_byte(value, 0) = 2 THEN
    address := nullif(audit.text_at(value, 33), '');
    place := 33 + audit.text_size(value, 33);
    admitted_height := audit.u64(value, place);
    removed_height := nullif(audit.u64(value, place + 8), 0);
  END IF;
END
$$;

CREATE FUNCTION audit.decode_readers(value bytea) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  readers text[] := '{}';
  place integer := 3;
BEGIN
  IF get_byte(value, 0) <> 1 THEN RETURN NULL; END IF;
  FOR counted IN 1..audit.u16(value, 1) LOOP
    readers := readers || audit.text_at(value, place);
    place := place + audit.text_size(value, place);
  END LOOP;
  RETURN readers;
END
$$;

CREATE FUNCTION audit.decode_identity(
  value bytea, OUT algorithm text, OUT public_key text, OUT roles text[], OUT custody text, OUT valid_from_height bigint,
  OUT valid_until_height bigint, OUT revoked boolean, OUT registered_height bigint, OUT changed_height bigint
) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF get_byte(value, 0) <> 1 THEN RETURN; END IF;
  algorithm := CASE get_byte(value, 1) WHEN 1 THEN 'ed25519' END;
  public_key := audit.hex(value, 2, 32);
  roles := ARRAY(SELECT role FROM unnest(ARRAY['submitter', 'auditor', 'admin', 'operator']) WITH ORDINALITY AS known (role, bit)
                 WHERE (get_byte(value, 34) >> (bit - 1)::integer) & 1 = 1 ORDER BY bit);
  custody := CASE get_byte(value, 35) WHEN 0 THEN 'self' WHEN 1 THEN 'node' END;
  valid_from_height := audit.u64(value, 36);
  valid_until_height := nullif(audit.u64(value, 44), 0);
  revoked := get_byte(value, 52) = 1;
  registered_height := audit.u64(value, 53);
  changed_height := audit.u64(value, 61);
END
$$;

CREATE FUNCTION audit.decode_motion(
  value bytea, OUT proposer text, OUT action jsonb, OUT proposed_height bigint, OUT expires_height bigint, OUT status text,
  OUT closed_height bigint, OUT validators integer, OUT needed integer, OUT ballots jsonb
) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  place integer;
  kind text;
  organisation text;
  parameters jsonb := '[]';
BEGIN
  IF get_byte(value, 0) <> 1 THEN RETURN; END IF;
  proposer := audit.text_at(value, 1);
  place := 1 + audit.text_size(value, 1);
  kind := (ARRAY['admitOrganisation', 'promoteValidator', 'demoteValidator', 'removeOrganisation', 'rotateLedgerKey',
    'setParameters'])[get_byte(value, place)];
  IF kind IS NULL THEN RETURN; END IF;
  action := jsonb_build_object('type', kind);
  place := place + 1;
  IF kind = 'setParameters' THEN
    place := place + 2;
    FOR counted IN 1..audit.u16(value, place - 2) LOOP
      parameters := parameters || jsonb_build_object(
        'name', audit.text_at(value, place), 'value', audit.u64(value, place + audit.text_size(value, place)));
      place := place + audit.text_size(value, place) + 8;
    END LOOP;
    action := action || jsonb_build_object('parameters', parameters);
  ELSE
    organisation := audit.text_at(value, place);
    place := place + audit.text_size(value, place);
    action := action || jsonb_build_object('organisation', organisation);
    IF kind IN ('admitOrganisation', 'rotateLedgerKey') THEN
      action := action || jsonb_build_object('ledgerKey', audit.hex(value, place, 32));
      place := place + 32;
    END IF;
    IF kind = 'admitOrganisation' THEN
      action := action || jsonb_build_object('address', audit.text_at(value, place));
      place := place + audit.text_size(value, place);
      action := action || jsonb_build_object('admin', jsonb_build_object(
        'name', audit.text_at(value, place),
        'publicKey', audit.hex(value, place + audit.text_size(value, place), 32)));
      place := place + audit.text_size(value, place) + 32;
    END IF;
  END IF;
  proposed_height := audit.u64(value, place);
  expires_height := audit.u64(value, place + 8);
  status := (ARRAY['open', 'accepted', 'rejected', 'withdrawn'])[get_byte(value, place + 16) + 1];
  closed_height := nullif(audit.u64(value, place + 17), 0);
  validators := nullif(audit.u16(value, place + 25), 0);
  needed := nullif(audit.u16(value, place + 27), 0);
  ballots := '[]';
  place := place + 31;
  FOR counted IN 1..audit.u16(value, place - 2) LOOP
    organisation := audit.text_at(value, place);
    place := place + audit.text_size(value, place);
    ballots := ballots || jsonb_build_object(
      'organisation', organisation, 'approve', get_byte(value, place) = 1, 'height', audit.u64(value, place + 1));
    place := place + 9;
  END LOOP;
END
$$;

-- Indexes -------------------------------------------------------------------------------------------------------------
-- For filters on what the views show as text; a hash index holds four bytes of each value, however long it is.
CREATE INDEX transactions_id_text ON ledger.transactions USING hash (encode(id, 'hex'));
CREATE INDEX state_subject_text ON ledger.state USING hash (audit.subject_text(key)) WHERE get_byte(key, 0) = 6;
-- Entries are written in the order of heights, so a few bytes for each range of pages find them.
CREATE INDEX subject_entries_heights ON ledger.subject_entries USING brin (height) WITH (pages_per_range = 16, autosummarize = on);

-- Views ---------------------------------------------------------------------------------------------------------------
-- The time of the block is looked up rather than joined: the fewer tables, the sooner the planner sees all of a query at once.
CREATE VIEW audit.blocks AS
SELECT height,
       encode(hash, 'hex') AS hash,
       audit.hex(header, 60, 32) AS parent_hash,
       audit.to_time(timestamp_ms) AS recorded_at,
       audit.u64(result_record, 34) AS epoch,
       audit.u64(header, 50) AS origin_view,
       audit.u16(header, 58) AS proposer,
       transaction_count,
       body_bytes,
       audit.hex(header, 92, 32) AS transaction_root,
       audit.hex(header, 132, 32) AS result_root,
       audit.hex(result_record, 94, 32) AS entries_root,
       audit.hex(result_record, 126, 32) AS state_root,
       encode(log_root, 'hex') AS log_root,
       audit.hex(result_record, 158, 32) AS validators_digest,
       audit.hex(result_record, 190, 32) AS next_validators_digest,
       get_byte(header, 236) = 1 AS epoch_final,
       height <= coalesce((SELECT max(checkpoints.height) FROM ledger.checkpoints), -1) AS certified,
       header AS header_bytes,
       result_record AS result_record_bytes,
       certificate AS certificate_bytes
FROM ledger.blocks;

CREATE VIEW audit.transactions AS
SELECT transactions.height,
       transactions.index AS transaction_index,
       encode(transactions.id, 'hex') AS transaction_id,
       (SELECT audit.to_time(blocks.timestamp_ms) FROM ledger.blocks WHERE blocks.height = transactions.height) AS recorded_at,
       head.command,
       split_part(outcome.identity, '/', 1) AS organisation,
       outcome.identity,
       outcome.custody,
       outcome.public_key,
       outcome.code AS outcome,
       outcome.failure,
       outcome.first_id AS first_transaction_id,
       head.idempotency_key,
       head.valid_until_height,
       octet_length(transactions.body) AS body_bytes,
       encode(transactions.signature, 'hex') AS signature,
       transactions.body,
       transactions.outcome AS outcome_bytes
FROM ledger.transactions
CROSS JOIN LATERAL audit.decode_outcome(transactions.outcome) AS outcome
CROSS JOIN LATERAL audit.decode_body(transactions.body) AS head;

CREATE VIEW audit.records AS
SELECT transactions.height,
       transactions.index AS transaction_index,
       record.record_index,
       encode(transactions.id, 'hex') AS transaction_id,
       (SELECT audit.to_time(blocks.timestamp_ms) FROM ledger.blocks WHERE blocks.height = transactions.height) AS recorded_at,
       record.command,
       record.kind,
       split_part(outcome.identity, '/', 1) AS organisation,
       outcome.identity,
       outcome.custody,
       outcome.code AS outcome,
       encode(sha256(convert_to(record.content, 'UTF8')), 'hex') AS record_digest,
       record.content,
       audit.to_jsonb(record.content) AS content_jsonb
FROM ledger.transactions
CROSS JOIN LATERAL audit.decode_outcome(transactions.outcome) AS outcome
CROSS JOIN LATERAL audit.decode_records(transactions.body, transactions.outcome) AS record;

CREATE VIEW audit.subjects AS
SELECT audit.subject_text(state.key) AS subject,
       entries.sequence,
       entries.height,
       entries.transaction_index,
       entries.record_index,
       encode(transactions.id, 'hex') AS transaction_id,
       (SELECT audit.to_time(blocks.timestamp_ms) FROM ledger.blocks WHERE blocks.height = entries.height) AS recorded_at,
       split_part(outcome.identity, '/', 1) AS organisation,
       outcome.identity,
       outcome.custody,
       encode(entries.record_digest, 'hex') AS record_digest,
       audit.utf8(substring(transactions.body FROM entries.record_start + 1 FOR entries.record_end - entries.record_start))
         AS content
FROM ledger.state
JOIN ledger.subject_entries AS entries
  ON entries.subject_digest = state.key_digest AND state.bucket = audit.state_bucket(entries.subject_digest)
JOIN ledger.transactions ON transactions.height = entries.height AND transactions.index = entries.transaction_index
CROSS JOIN LATERAL audit.decode_outcome(transactions.outcome) AS outcome
WHERE get_byte(state.key, 0) = 6;

-- A command of governance is listed under the key of what it is about, with another kind byte (SUBJ-1): the last one listed is
-- the one that made the entry what it is. What genesis says has none.
CREATE VIEW audit.organisations AS
SELECT audit.text_at(state.key, 1) AS organisation,
       entry.ledger_key,
       entry.address,
       entry.admitted_height,
       entry.removed_height,
       coalesce(audit.decode_readers(readers.value), ARRAY['*']) AS readers,
       coalesce(last.height, entry.admitted_height) AS height,
       last.transaction_index,
       encode(transactions.id, 'hex') AS transaction_id
FROM ledger.state
CROSS JOIN LATERAL audit.decode_organisation(state.value) AS entry
LEFT JOIN ledger.state AS readers
  ON readers.key_digest = sha256(set_byte(state.key, 0, 13))
  AND readers.bucket = audit.state_bucket(sha256(set_byte(state.key, 0, 13)))
LEFT JOIN LATERAL (
  SELECT entries.height, entries.transaction_index FROM ledger.subject_entries AS entries
  WHERE entries.subject_digest = sha256(set_byte(state.key, 0, 14)) ORDER BY entries.sequence DESC LIMIT 1
) AS last ON true
LEFT JOIN ledger.transactions ON transactions.height = last.height AND transactions.index = last.transaction_index
WHERE get_byte(state.key, 0) IN (2, 3, 4, 7, 8, 10, 11, 13) AND state.key >= '\x02' AND state.key < '\x03';

CREATE VIEW audit.identities AS
SELECT audit.text_at(state.key, 1) || '/' || audit.text_at(state.key, 1 + audit.text_size(state.key, 1)) AS identity,
       audit.text_at(state.key, 1) AS organisation,
       entry.algorithm,
       entry.public_key,
       entry.roles,
       entry.custody,
       entry.valid_from_height,
       entry.valid_until_height,
       entry.revoked,
       entry.registered_height,
       entry.changed_height AS height,
       last.transaction_index,
       encode(transactions.id, 'hex') AS transaction_id
FROM ledger.state
CROSS JOIN LATERAL audit.decode_identity(state.value) AS entry
LEFT JOIN LATERAL (
  SELECT entries.height, entries.transaction_index FROM ledger.subject_entries AS entries
  WHERE entries.subject_digest = sha256(set_byte(state.key, 0, 12)) ORDER BY entries.sequence DESC LIMIT 1
) AS last ON true
LEFT JOIN ledger.transactions ON transactions.height = last.height AND transactions.index = last.transaction_index
WHERE get_byte(state.key, 0) IN (2, 3, 4, 7, 8, 10, 11, 13) AND state.key >= '\x03' AND state.key < '\x04';

CREATE VIEW audit.motions AS
SELECT audit.hex(state.key, 3, 32) AS motion_id,
       entry.proposer,
       entry.action ->> 'type' AS action_type,
       entry.action,
       CASE WHEN entry.status = 'open' AND entry.expires_height < (SELECT max(blocks.height) FROM ledger.blocks)
         THEN 'expired' ELSE entry.status END AS status,
       entry.proposed_height AS height,
       transactions.index AS transaction_index,
       encode(transactions.id, 'hex') AS transaction_id,
       entry.expires_height,
       entry.closed_height,
       entry.validators,
       entry.needed,
       (SELECT count(*) FROM jsonb_array_elements(entry.ballots) AS ballot WHERE (ballot ->> 'approve')::boolean)::integer
         AS approvals,
       (SELECT count(*) FROM jsonb_array_elements(entry.ballots) AS ballot WHERE NOT (ballot ->> 'approve')::boolean)::integer
         AS rejections
FROM ledger.state
CROSS JOIN LATERAL audit.decode_motion(state.value) AS entry
JOIN ledger.transactions ON transactions.id = substring(state.key FROM 4 FOR 32)
WHERE get_byte(state.key, 0) IN (2, 3, 4, 7, 8, 10, 11, 13) AND state.key >= '\x08' AND state.key < '\x09';

-- The proposal is the ballot of its proposer when that has a vote. An organisation has one ballot in the whole history of a motion.
CREATE VIEW audit.ballots AS
SELECT audit.hex(state.key, 3, 32) AS motion_id,
       ballot.organisation,
       ballot.approve,
       ballot.height,
       cast_by.transaction_index,
       cast_by.transaction_id,
       cast_by.identity
FROM ledger.state
CROSS JOIN LATERAL audit.decode_motion(state.value) AS entry
CROSS JOIN LATERAL jsonb_to_recordset(entry.ballots) AS ballot (organisation text, approve boolean, height bigint)
LEFT JOIN LATERAL (
  SELECT entries.transaction_index, encode(transactions.id, 'hex') AS transaction_id, outcome.identity
  FROM ledger.subject_entries AS entries
  JOIN ledger.transactions ON transactions.height = entries.height AND transactions.index = entries.transaction_index
  CROSS JOIN LATERAL audit.decode_outcome(transactions.outcome) AS outcome
  CROSS JOIN LATERAL audit.decode_body(transactions.body) AS head
  WHERE entries.subject_digest = sha256(set_byte(state.key, 0, 15)) AND entries.height = ballot.height
    AND split_part(outcome.identity, '/', 1) = ballot.organisation
    AND head.command IN ('proposeMotion', 'castBallot')
  ORDER BY entries.sequence LIMIT 1
) AS cast_by ON true
WHERE get_byte(state.key, 0) IN (2, 3, 4, 7, 8, 10, 11, 13) AND state.key >= '\x08' AND state.key < '\x09';

CREATE VIEW audit.checkpoints AS
SELECT height, encode(root, 'hex') AS root, certificate AS certificate_bytes FROM ledger.checkpoints;

CREATE VIEW audit.evidence AS
SELECT sequence, slot, offender, epoch, kind, audit.to_time(saved_at_ms) AS saved_at, document AS document_bytes
FROM ledger.evidence;

-- Precautions ---------------------------------------------------------------------------------------------------------
-- What a login could do to others with rights that everybody has in a new database, and the statements that take them away; those
-- who need one of these rights get it by name. Empty when every door is shut.
CREATE FUNCTION ledger.auditor_precautions() RETURNS TABLE (door text, remedy text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF to_regrole('countersign_auditor') IS NULL THEN
    RETURN QUERY SELECT 'there is no role countersign_auditor', 'CREATE ROLE countersign_auditor NOLOGIN';
    RETURN;
  END IF;
  IF getdatabaseencoding() <> 'UTF8' THEN
    RETURN QUERY SELECT format('the database has the encoding %s: views of texts fail where it lacks a character', getdatabaseencoding()),
      'move the ledger to a database that was created with ENCODING ''UTF8''';
  END IF;
  IF NOT has_schema_privilege('countersign_auditor', 'audit', 'USAGE') THEN
    RETURN QUERY SELECT 'auditors may not read the views', 'SELECT ledger.open_audit_views()';
  END IF;
  IF has_database_privilege('countersign_auditor', current_database(), 'TEMPORARY') THEN
    RETURN QUERY SELECT 'auditors may create temporary tables',
      format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  END IF;
  IF has_database_privilege('countersign_auditor', current_database(), 'CREATE') THEN
    RETURN QUERY SELECT 'auditors may create schemas',
      format('REVOKE CREATE ON DATABASE %I FROM PUBLIC', current_database());
  END IF;
  IF to_regnamespace('public') IS NOT NULL AND has_schema_privilege('countersign_auditor', 'public', 'CREATE') THEN
    RETURN QUERY SELECT 'auditors may create tables in schema public', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC';
  END IF;
  IF has_language_privilege('countersign_auditor', 'plpgsql', 'USAGE') THEN
    RETURN QUERY SELECT 'auditors may run programs (DO)',
      'REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC; GRANT USAGE ON LANGUAGE plpgsql TO countersign_owner';
  END IF;
  RETURN QUERY
    SELECT format('auditors may call %s', procedures.oid::regprocedure),
           format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', procedures.oid::regprocedure)
           || CASE WHEN procedures.proname LIKE '%advisory%' THEN
                format('; GRANT EXECUTE ON FUNCTION %s TO countersign_owner, countersign_writer', procedures.oid::regprocedure)
              ELSE '' END
    FROM pg_catalog.pg_proc AS procedures
    WHERE procedures.pronamespace = 'pg_catalog'::regnamespace
      AND (procedures.proname ~ '^pg_(try_)?advisory_.*lock'
           OR procedures.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_open', 'lo_put', 'lo_truncate',
                                     'lo_truncate64', 'lo_unlink', 'lowrite', 'pg_notify', 'pg_logical_emit_message'))
      AND has_function_privilege('countersign_auditor', procedures.oid, 'EXECUTE')
    ORDER BY 1;
  IF current_setting('max_prepared_transactions')::integer > 0 THEN
    RETURN QUERY SELECT 'auditors may leave prepared transactions behind, which nothing here ends',
      'ALTER SYSTEM SET max_prepared_transactions = 0, and restart the server';
  END IF;
END
$$;

CREATE FUNCTION ledger.open_audit_views() RETURNS void
LANGUAGE sql AS $$
  GRANT USAGE ON SCHEMA audit TO countersign_auditor;
  GRANT SELECT ON ALL TABLES IN SCHEMA audit TO countersign_auditor;
$$;

-- As far as the caller may; ledger.auditor_precautions() tells what is left.
CREATE FUNCTION ledger.take_auditor_precautions() RETURNS void
LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
  statement text;
BEGIN
  -- The second time for what could not be judged as long as the role was missing.
  FOR attempt IN 1..2 LOOP
    FOR statement IN SELECT remedy FROM ledger.auditor_precautions() LOOP
      CONTINUE WHEN statement !~ '^(CREATE|GRANT|REVOKE|SELECT) ';
      BEGIN
        EXECUTE statement;
      EXCEPTION WHEN insufficient_privilege THEN NULL;
      END;
    END LOOP;
  END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION ledger.open_audit_views(), ledger.take_auditor_precautions() FROM PUBLIC;

RESET ROLE;
SELECT ledger.take_auditor_precautions();
