-- Notes about a transfer to its owner, and what its figures are made of.
alter table transfers
    add column notice   text check (notice in ('done', 'failed', 'needs_owner')),  -- shown in the console until its owner has seen it
    add column mail     text check (mail in ('done', 'failed', 'needs_owner')),    -- to be mailed
    add column told_at  timestamptz not null default now(),
    add column waited   jsonb not null default '{}',                               -- seconds, by the reason of the waits that were told
    add column verified jsonb not null default '{}';                               -- files, by the digest that both ends agree on
create index transfers_notice on transfers (tenant, subject) where notice is not null;
update transfers t
set verified = v.files
from (
    select c.transfer, jsonb_object_agg(c.digest, c.files) as files
    from (
        select i.transfer, coalesce(i.verified, case when i.reason is null then 'none' else 'changed' end) as digest, count(*) as files
        from transfer_items i where i.state = 'done' and i.kind = 'file' group by 1, 2
    ) c
    group by c.transfer
) v
where v.transfer = t.id;

-- Whether the owner of a connection that does not work was mailed about it.
alter table connections add column mailed boolean not null default false;
