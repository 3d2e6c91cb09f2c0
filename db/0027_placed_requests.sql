-- A request with an Idempotency-Key that made a file of known content, so that its repetition finds the file.
alter table entry_versions
    add column request      bytea,                               -- request_digest
    add column request_hash bytea;                               -- SHA-256 of the request's body
create index entry_versions_request on entry_versions (request) where request is not null;
