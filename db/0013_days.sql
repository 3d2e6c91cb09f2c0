-- Bytes of files a day (UTC) that a tenant (subject is empty) and each of its subjects sent to the service and fetched from it.
create table usage_days (
    day      date   not null,
    tenant   text   not null,
    subject  text   not null,
    received bigint not null,
    sent     bigint not null,
    primary key (day, tenant, subject)
) with (fillfactor = 50);
alter table limits
    add column received_per_day bigint check (received_per_day >= 0),
    add column sent_per_day     bigint check (sent_per_day >= 0);
