-- A key that was made with a key ends with it. Keys of before name only their maker's subject, which a tenant's own key has for itself.
alter table api_keys add column made_with uuid;
update api_keys set made_with = substr(made_by, 5)::uuid where made_by like 'key:%';

-- A session of the operator key ends when the key is replaced. Those of before are ended at the next start.
alter table browser_sessions add column operator_key bytea;          -- SHA-256
