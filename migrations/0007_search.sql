-- Up Migration
-- The search index: a projection of the committed blocks (docs/SEARCH.md), written behind them by the node and rebuilt from
-- them at any time. It is no part of the ledger, so nothing here is append-only or countersigned. Texts that can be long are
-- kept as the first 16 bytes of their SHA-256: only equality is asked, and the words stand in the record.
CREATE SCHEMA search;
GRANT USAGE, CREATE ON SCHEMA search TO countersign_owner;
GRANT USAGE ON SCHEMA search TO countersign_writer, countersign_reader;

SET LOCAL ROLE countersign_owner;

-- How far the index has come, in the same database transaction as the rows up to there.
CREATE TABLE search.position (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Of the extraction that made the rows; another one begins anew.
  version integer NOT NULL,
  height bigint NOT NULL CHECK (height >= 0)
);

-- Times of blocks with records: times never fall with the height, so a span of time is a span of heights.
CREATE TABLE search.blocks (
  timestamp_ms bigint NOT NULL,
  height bigint NOT NULL,
  PRIMARY KEY (timestamp_ms, height)
);

CREATE TABLE search.records (
  height bigint NOT NULL,
  transaction_index integer NOT NULL,
  record_index integer NOT NULL,
  record_digest bytea NOT NULL,
  -- Bytes [record_start, record_end) of ledger.transactions.body are the record.
  record_start integer NOT NULL,
  record_end integer NOT NULL,
  organisation text NOT NULL,
  kind text NOT NULL,
  event_type text,
  action text,
  biz_step bytea,
  disposition bytea,
  read_point bytea,
  biz_location bytea,
  event_id bytea,
  transformation_id bytea,
  event_time_ms bigint,
  PRIMARY KEY (height, transaction_index, record_index)
);

-- Each filter alone is a scan in the order of the ledger. The organisation stands in each, so that whoever may not read the records of
-- another never has them counted.
CREATE INDEX records_organisation ON search.records (organisation, height, transaction_index, record_index);
CREATE INDEX records_kind ON search.records (kind, organisation, height, transaction_index, record_index);
CREATE INDEX records_event_type ON search.records (event_type, organisation, height, transaction_index, record_index) WHERE event_type IS NOT NULL;
CREATE INDEX records_action ON search.records (action, organisation, height, transaction_index, record_index) WHERE action IS NOT NULL;
CREATE INDEX records_biz_step ON search.records (biz_step, organisation, height, transaction_index, record_index) WHERE biz_step IS NOT NULL;
CREATE INDEX records_disposition ON search.records (disposition, organisation, height, transaction_index, record_index) WHERE disposition IS NOT NULL;
CREATE INDEX records_read_point ON search.records (read_point, organisation, height, transaction_index, record_index) WHERE read_point IS NOT NULL;
CREATE INDEX records_biz_location ON search.records (biz_location, organisation, height, transaction_index, record_index) WHERE biz_location IS NOT NULL;
CREATE INDEX records_event_id ON search.records (event_id, organisation, height, transaction_index, record_index) WHERE event_id IS NOT NULL;
CREATE INDEX records_transformation_id ON search.records (transformation_id, organisation, height, transaction_index, record_index) WHERE transformation_id IS NOT NULL;
CREATE INDEX records_event_time ON search.records (organisation, event_time_ms, height, transaction_index, record_index)
  WHERE event_time_ms IS NOT NULL;

-- What a record names, and as what: bits of MENTION_ROLE (src/node/ports.ts).
CREATE TABLE search.mentions (
  subject_digest bytea NOT NULL,
  height bigint NOT NULL,
  transaction_index integer NOT NULL,
  record_index integer NOT NULL,
  roles integer NOT NULL,
  PRIMARY KEY (subject_digest, height, transaction_index, record_index)
);
-- Parents, children, inputs and outputs alone: the steps of a trace.
CREATE INDEX mentions_links ON search.mentions (subject_digest, height, transaction_index, record_index) WHERE (roles & 30) <> 0;

GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA search TO countersign_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA search TO countersign_reader;

RESET ROLE;
