-- Read model of orders: placed_order, since ORDER is a word of SQL.
CREATE TABLE placed_order (
  id          TEXT    PRIMARY KEY,
  version     INTEGER NOT NULL,  -- version of the stream that the row is at
  customer_id TEXT    NOT NULL,
  account_id  TEXT    NOT NULL,  -- the account that pays
  lines       TEXT    NOT NULL,  -- JSON: [{sku, quantity, unitPrice}]
  total       INTEGER NOT NULL,  -- minor units
  status      TEXT    NOT NULL,  -- PLACED, ACCEPTED, SHIPPING, SHIPPED, DELIVERED, DECLINED, CANCELLED
  reason      TEXT,              -- why it was declined or cancelled
  placed_at   TEXT    NOT NULL   -- RFC 3339, UTC
) STRICT, WITHOUT ROWID;

-- The list of orders, newest first.
CREATE INDEX placed_order_newest ON placed_order (placed_at, id);
