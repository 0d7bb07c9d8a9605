-- Up Migration
-- Who reads whose records (state key kind 13) is listed like the other entries of members.
SET LOCAL ROLE countersign_owner;

DROP INDEX ledger.state_members;
CREATE INDEX state_members ON ledger.state (key) WHERE get_byte(key, 0) IN (2, 3, 4, 10, 13);

RESET ROLE;
