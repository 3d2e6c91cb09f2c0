-- What an upload takes up of the limits of its tenant and its subject, or gives back where it is negative.
create type usage_want as (
    upload       uuid,
    tenant       text,
    subject      text,
    stored_bytes bigint,
    files        bigint,
    open_uploads bigint
);
