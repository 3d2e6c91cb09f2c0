-- The service clock at the last beat. It stands still while no service reaches the database, so the difference to now is how long others
-- have served while this incarnation was silent.
alter table heartbeats add column seconds double precision not null default 0;
update heartbeats set seconds = (select seconds from service_clock);

-- Since when a node is known to be silent or stopped; whichever node sees it first says so, once.
alter table nodes add column away_at timestamptz;

-- Since when no synchronous standby is connected, where the service needs one; null: one is.
alter table ledger add column standby_lost_at timestamptz;
