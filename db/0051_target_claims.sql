-- A name in a folder of a destination belongs to one open file or folder at a time, across all transfers that reach this folder.
alter table transfer_items add column claim bigint;                   -- target_claim() of the place and the name
create index transfer_items_claims on transfer_items (claim) where claim is not null;
-- The same index as transfer_items_result.
drop index transfer_items_results;

-- A transfer that is asked for again is found again: by the key of its request, or as one that still runs and does the same.
alter table transfers
    add column request_key  text,                                     -- Idempotency-Key
    add column request_hash bytea,                                    -- SHA-256 of the request's body
    add column sameness     bytea;                                    -- SHA-256 of both ends, what was chosen and the options
create unique index transfers_request on transfers (tenant, subject, request_key) where request_key is not null;
