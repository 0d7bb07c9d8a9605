-- Up Migration
-- Validators of epochs and motions (state key kinds 7 and 8) are listed like the other entries of members.
SET LOCAL ROLE countersign_owner;

DROP INDEX ledger.state_members;
CREATE INDEX state_members ON ledger.state (key) WHERE get_byte(key, 0) IN (2, 3, 4, 7, 8, 10, 13);

RESET ROLE;
