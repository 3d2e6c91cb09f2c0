-- A limit on usage, and its scope: a tenant (subject is empty) or one of its subjects.
create type quota as (
    scope        text,
    tenant       text,
    subject      text,
    stored_bytes bigint,
    files        bigint,
    open_uploads bigint
);
