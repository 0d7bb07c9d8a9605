-- Up Migration
-- Roots of the perfect subtrees of 256 leaves and more of each subject's history (docs/PROTOCOL.md, HIST-3): a page of a long
-- history is proven with a few of them instead of with all of its entries. Derived from ledger.subject_entries.
SET LOCAL ROLE countersign_owner;

CREATE TABLE ledger.subject_nodes (
  -- As in ledger.subject_entries.
  subject_digest bytea NOT NULL CHECK (octet_length(subject_digest) = 32),
  -- Leaves index·2^level … (index+1)·2^level − 1.
  level smallint NOT NULL CHECK (level >= 8),
  index bigint NOT NULL CHECK (index >= 0),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (subject_digest, level, index)
);

-- Of the histories that there are: first what 256 entries give, then level by level.
DO $$
DECLARE
  chunk record;
  hashes bytea[];
  width integer;
  done bigint;
  below smallint := 8;
BEGIN
  FOR chunk IN SELECT subject_digest, sequence / 256 AS index FROM ledger.subject_entries WHERE sequence % 256 = 255 LOOP
    SELECT array_agg(sha256('\x00'::bytea || record_digest || int8send(height) || int4send(transaction_index)
                            || int4send(record_index)) ORDER BY sequence)
    INTO STRICT hashes
    FROM ledger.subject_entries
    WHERE subject_digest = chunk.subject_digest
      AND sequence BETWEEN chunk.index * 256 AND chunk.index * 256 + 255;
    width := 128;
    WHILE width > 0 LOOP
      FOR position IN 1 .. width LOOP
        hashes[position] := sha256('\x01'::bytea || hashes[2 * position - 1] || hashes[2 * position]);
      END LOOP;
      width := width / 2;
    END LOOP;
    INSERT INTO ledger.subject_nodes VALUES (chunk.subject_digest, 8, chunk.index, hashes[1]);
  END LOOP;
  LOOP
    INSERT INTO ledger.subject_nodes
    SELECT left_child.subject_digest, below + 1, left_child.index / 2,
           sha256('\x01'::bytea || left_child.hash || right_child.hash)
    FROM ledger.subject_nodes AS left_child
    JOIN ledger.subject_nodes AS right_child
      ON right_child.subject_digest = left_child.subject_digest AND right_child.level = below
     AND right_child.index = left_child.index + 1
    WHERE left_child.level = below AND left_child.index % 2 = 0;
    GET DIAGNOSTICS done = ROW_COUNT;
    EXIT WHEN done = 0;
    below := below + 1;
  END LOOP;
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.subject_nodes
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.subject_nodes ENABLE ALWAYS TRIGGER append_only;

GRANT SELECT, INSERT ON ledger.subject_nodes TO countersign_writer;
GRANT SELECT ON ledger.subject_nodes TO countersign_reader;

RESET ROLE;
