-- Read model of accounts. All amounts are in minor units of the account's currency.
CREATE TABLE account (
  id              TEXT    PRIMARY KEY,
  version         INTEGER NOT NULL,  -- version of the stream that the row is at
  owner_id        TEXT    NOT NULL,
  currency        TEXT    NOT NULL,  -- ISO 4217
  overdraft_limit INTEGER NOT NULL,  -- how far the balance may go below nothing
  balance         INTEGER NOT NULL,  -- what came in less what went out
  held            INTEGER NOT NULL,  -- what is held for payments, all together
  holds           INTEGER NOT NULL,  -- how many payments money is held for
  opened_at       TEXT    NOT NULL   -- RFC 3339, UTC
) STRICT, WITHOUT ROWID;

-- The list of accounts, newest first.
CREATE INDEX account_newest ON account (opened_at, id);
