-- What front ends list by: an index for each order, and for each filter that picks a few rows out of many. With a filter the
-- rows come in the order that lists have unless asked otherwise.
CREATE INDEX room_number ON room (number, id);
CREATE INDEX room_rate ON room (nightly_rate, id);
CREATE INDEX room_hotel ON room (hotel_id, number, id);

CREATE INDEX reservation_arrival ON reservation (date_start, id);
CREATE INDEX reservation_user ON reservation (user_id, created_at, id);
CREATE INDEX reservation_room ON reservation (room_id, created_at, id);
CREATE INDEX reservation_status ON reservation (status, created_at, id);

CREATE INDEX device_model ON device (model, id);
CREATE INDEX device_owner ON device (owner_id, registered_at, id);
CREATE INDEX device_status ON device (status, registered_at, id);

CREATE INDEX account_owner ON account (owner_id, opened_at, id);
CREATE INDEX account_overdrawn ON account (opened_at, id) WHERE balance < 0;

CREATE INDEX placed_order_total ON placed_order (total, id);
CREATE INDEX placed_order_customer ON placed_order (customer_id, placed_at, id);
CREATE INDEX placed_order_account ON placed_order (account_id, placed_at, id);
CREATE INDEX placed_order_status ON placed_order (status, placed_at, id);

CREATE INDEX round_game ON round (game, started_at, id);
CREATE INDEX round_status ON round (status, started_at, id);
