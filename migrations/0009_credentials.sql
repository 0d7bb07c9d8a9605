-- Up Migration
-- Credentials (state key kind 11) are listed like the other entries of members.
SET LOCAL ROLE countersign_owner;

DROP INDEX ledger.state_members;
CREATE INDEX state_members ON ledger.state (key) WHERE get_byte(key, 0) IN (2, 3, 4, 7, 8, 10, 11, 13);

RESET ROLE;
