-- How fast: bytes a second, or a timetable of the week, such as 08:00,512k 23:00,off. Of the service, a tenant, a user, a key, or each
-- upload.
alter table limits
    add column receive_bandwidth text,
    add column send_bandwidth    text,
    drop constraint limits_scope_check,
    add constraint limits_scope_check check (scope in ('default', 'tenant', 'user', 'key', 'service'));
