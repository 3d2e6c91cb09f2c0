-- Inserts items of a transfer whose row is locked, numbers them in the order of the array, and counts them. A folder whose items are given
-- is not read. What lies in a folder that has failed has failed with it.
create function insert_transfer_items(p_transfer uuid, p_items jsonb) returns void
language plpgsql as $$
declare
    v_first bigint;
begin
    select items_made into v_first from transfers where id = p_transfer;
    with made as (
        insert into transfer_items (
            id, transfer, number, parent, kind, name, path, source_id, size, modified_at, media_type, state, fault, reason, ended_at,
            listed, replaces, replaces_version)
        select i.id, p_transfer, v_first + i.ordinality, i.parent, i.kind, i.name, i.path, i.source, i.size, i.modified, i.type,
               case when i.skip is not null then 'skipped' else coalesce(f.state, 'ready') end,
               case when i.skip is null then f.fault end, coalesce(i.skip, f.reason),
               case when i.skip is not null or f.id is not null then now() end,
               i.kind <> 'folder' or i.skip is not null or coalesce(i.given, false),
               i.replaces, i.replaces_version
        from rows from (jsonb_to_recordset(p_items) as (
            id uuid, parent uuid, kind text, name text, path text, source text, size bigint, modified timestamptz, type text, skip text,
            given boolean, replaces text, replaces_version text))
            with ordinality i
        left join transfer_items f on f.id = i.parent and f.state = 'failed'
        returning *
    ), counted as (
        select count(*) as items, count(*) filter (where kind = 'file') as files, count(*) filter (where kind = 'folder') as folders,
               coalesce(sum(size) filter (where kind = 'file' and state <> 'skipped'), 0) as bytes,
               count(*) filter (where kind = 'file' and state = 'skipped') as skipped,
               count(*) filter (where kind = 'file' and state = 'failed') as failed
        from made
    )
    update transfers t
    set items_made = t.items_made + c.items, items_kept = t.items_kept + c.items, files = t.files + c.files,
        folders = t.folders + c.folders, bytes = t.bytes + c.bytes, skipped = t.skipped + c.skipped, failed = t.failed + c.failed
    from counted c where t.id = p_transfer;
end $$;
