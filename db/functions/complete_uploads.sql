-- Completes uploads whose bytes are all recorded: the only UPDATE that does. If a checker is set, they get the state checking, and
-- settle_check calls this again with p_checked once the checker has accepted them. The caller holds their rows. They are found by their
-- primary keys alone: a plan made for an empty or a large ledger might otherwise scan an index.
create function complete_uploads(
    p_uploads uuid[], p_sizes bigint[], p_declared bytea[], p_sha256 bytea[], p_now bigint, p_subject text default null,
    p_checked boolean default false)
returns setof uploads
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_check    boolean := not p_checked and checker_enabled();
    v_done     uploads[];
    v_checking uploads[];
begin
    with done as (
        update uploads u
        set state = case when v_check and (not u.is_part or u.relay_of is not null) then 'checking' else 'completed' end,
            state_at = now(), state_reason = null,
            completed_at = case when v_check and (not u.is_part or u.relay_of is not null) then null else now() end,
            size = n.size, declared_sha256 = n.declared, sha256 = n.sha256,
            -- A part is kept until it is joined, not as long as a file.
            purge_at = case when u.is_part then u.active_at + u.idle_allowance else p_now end
        from unnest(p_uploads, p_sizes, p_declared, p_sha256) n (id, size, declared, sha256)
        where u.id = n.id and u.id = any (p_uploads)
        returning u.*
    )
    select array_agg(d) into v_done from done d;
    -- They take up as much as before, but are not open any more. What has been checked stopped being open when the check began.
    if not p_checked then
        perform count_usage(array(select row(d.id, d.tenant, d.subject, d.maker, 0, 0, -1)::usage_want from unnest(v_done) d));
        perform note_spread(v_done);
    end if;
    if v_check then
        v_checking := array(select d from unnest(v_done) d where d.state = 'checking');
        perform begin_checks(v_checking, p_subject);
        v_done := array(select d from unnest(v_done) d where d.state <> 'checking');
        return query select d.* from unnest(v_checking) d;
    end if;
    return query select d.* from unnest(publish_uploads(v_done, p_subject)) d;
end $$;
