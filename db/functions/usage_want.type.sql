-- An upload's usage of the limits of its tenant, its subject and the maker of the link that it came through; negative where it gives back.
create type usage_want as (
    upload       uuid,
    tenant       text,
    subject      text,
    maker        text,
    stored_bytes bigint,
    files        bigint,
    open_uploads bigint
);
