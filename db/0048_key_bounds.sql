-- With which key a secret was made by a rotation: it ends with that key.
alter table api_key_secrets add column made_with uuid;

-- The network from which a program asks for a key: each has a few requests at once.
alter table key_requests add column network text not null default '';
