-- Restoring a backup disables its keys and links until an operator enables them: what they open may still be open elsewhere.
alter table api_keys add column disabled_at timestamptz;
alter table links add column disabled_at timestamptz;
