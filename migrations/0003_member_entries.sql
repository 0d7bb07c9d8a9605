-- Up Migration
-- Organisations, identities, signers and their counts are listed in the order of their keys (state key kinds 2, 3, 4 and 10 of
-- docs/PROTOCOL.md); everything else of the state is only looked up by its digest.
SET LOCAL ROLE countersign_owner;

CREATE INDEX state_members ON ledger.state (key) WHERE get_byte(key, 0) IN (2, 3, 4, 10);

RESET ROLE;
