-- Removes rows that are no longer needed and older than an age. Returns how many were removed; none by a fenced incarnation.
create function trim_history(p_incarnation bigint, p_age interval, p_limit int) returns int
language plpgsql as $$
declare
    v_before timestamptz := now() - p_age;
    v_total  int := 0;
    v_count  int;
    v_ids    uuid[];
begin
    if lock_incarnation(p_incarnation) is null then
        return 0;
    end if;
    select array_agg(s.id) into v_ids
    from (select id from uploads
          where is_ended(state) and not has_content and state_at < v_before
          order by state_at limit p_limit for update skip locked) s;
    delete from failed_attempts where upload_id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from advice_steps where upload_id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from uploads where id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from failed_attempts
    where (upload_id, id) in (
        select upload_id, id from failed_attempts where at < v_before order by at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from advice_steps
    where (upload_id, id) in (select upload_id, id from advice_steps where at < v_before order by at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from client_networks
    where id in (select id from client_networks where seen_at < v_before order by seen_at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    -- Delete events in the order in which they are read, so that the remaining ones have no gaps.
    with gone as (
        delete from events
        where (xid, id) in (
            select s.xid, s.id from (select v.xid, v.id, v.at from events v order by v.xid, v.id limit p_limit) s where s.at < v_before)
        returning xid
    ), trimmed as (
        update ledger set events_trimmed = greatest(events_trimmed, (select g.xid from gone g order by g.xid desc limit 1))
        where only_one and exists (select from gone)
    )
    select count(*) into v_count from gone;
    v_total := v_total + v_count;
    delete from webhook_deliveries
    where id in (
        select id from webhook_deliveries where state <> 'waiting' and made_at < v_before
        order by made_at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    -- Calls to storages are for finding faults.
    delete from transfer_calls
    where (transfer, number) in (
        select transfer, number from transfer_calls where at < now() - least(p_age, interval '7 days')
        order by at limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    -- The files of ended transfers; the transfers themselves stay for as long as the figures do.
    with gone as (
        delete from transfer_items
        where id in (
            select i.id from transfers t join transfer_items i on i.transfer = t.id where t.ended_at < v_before
            limit p_limit for update of i skip locked)
        returning id, transfer
    ), dropped as (
        -- Of a cancelled transfer, what was not moved stays for a day, in which it may be begun again.
        delete from transfer_items
        where id in (
            select i.id from transfers t join transfer_items i on i.transfer = t.id
            where t.ended_at between v_before and now() - interval '1 day' and t.state = 'cancelled' and i.state in ('cancelled', 'skipped')
            limit p_limit for update of i skip locked)
        returning id, transfer
    ), kept as (
        update transfers t set items_kept = t.items_kept - r.rows
        from (select transfer, count(*) as rows from (table gone union all table dropped) b group by transfer) r where t.id = r.transfer
    ), untold as (
        delete from transfer_events
        where (transfer, number) in (
            select v.transfer, v.number from transfers t join transfer_events v on v.transfer = t.id where t.ended_at < v_before
            limit p_limit for update of v skip locked)
        returning 1
    )
    select (select count(*) from gone) + (select count(*) from dropped) + (select count(*) from untold) into v_count;
    v_total := v_total + v_count;
    delete from folder_moves where id in (select id from folder_moves where ended_at < v_before order by ended_at limit p_limit);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    -- Ended links, unless uploads that came through them still exist: their makers see those through the link.
    select array_agg(s.id) into v_ids
    from (select l.id from links l
          where least(l.revoked_at, l.expires_at) < v_before
                and not exists (select from link_uploads r join uploads u on u.id = r.upload where r.link = l.id)
          limit p_limit for update skip locked) s;
    delete from link_uploads where link = any (v_ids);
    delete from link_downloads where link = any (v_ids);
    delete from links where id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    select array_agg(s.id) into v_ids
    from (select t.id from file_transfers t
          where t.status in ('completed', 'failed', 'cancelled') and t.completed_at < v_before limit p_limit for update skip locked) s;
    delete from file_transfer_events where transfer_id = any (v_ids);
    delete from file_transfers where id = any (v_ids);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from file_batches
    where id in (
        select b.id from file_batches b
        where b.requested_at < v_before and not exists (select from file_transfers t where t.batch_id = b.id)
        limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    delete from file_days
    where (project_id, folder_id, subject, day) in (
        select project_id, folder_id, subject, day from file_days where day < v_before::date limit p_limit for update skip locked);
    get diagnostics v_count = row_count;
    v_total := v_total + v_count;
    -- A download counts again after an hour. One row per link keeps the number of older downloads, for fsck.
    with old as (
        delete from link_downloads
        where (link, entry, client) in (
            select link, entry, client from link_downloads where counted_at < now() - interval '1 hour'
            order by counted_at limit p_limit for update skip locked)
        returning link, times
    ), folded as (
        insert into link_downloads (link, entry, client, counted_at, times)
        select o.link, o.link, '', 'infinity', sum(o.times) from old o group by o.link
        on conflict (link, entry, client) do update set times = link_downloads.times + excluded.times
    )
    select count(*) into v_count from old;
    v_total := v_total + v_count;
    with gone as (
        delete from changes
        where (space, number) in (
            select space, number from changes where at < v_before order by at, space, number limit p_limit for update skip locked)
        returning space, number
    ), trimmed as (
        update spaces s set trimmed_to = greatest(s.trimmed_to, g.number)
        from (select gone.space, max(gone.number) as number from gone group by gone.space) g where s.id = g.space
    )
    select count(*) into v_count from gone;
    return v_total + v_count;
end $$;
