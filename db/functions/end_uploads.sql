-- Ends uploads as cancelled, expired, failed or deleted: the only UPDATE that does. The caller holds their rows and passes them as they
-- were before. The content, if there is any (has_content), stays until reclaim_content frees it. When an upload ends that was joined from
-- parts, the reserved bytes pass back to the parts.
create function end_uploads(p_uploads uploads[], p_state text, p_reason text, p_subject text default null) returns void
language plpgsql as $$
declare
    v_from  text;
    v_parts uuid[];
    v_own   uploads[];
begin
    update uploads u
    set state = p_state, state_at = now(), state_reason = p_reason,
        has_content = exists (select from extents p where p.upload_id = u.id)
                      or exists (select from stored_files f where f.upload_id = u.id)
    where u.id = any (array(select o.id from unnest(p_uploads) o));
    if exists (select from unnest(p_uploads) o where o.state = 'checking') then
        perform withdraw_work('check', array(select o.id from unnest(p_uploads) o));
    end if;
    -- Lock the links before the quotas, as insert_uploads does.
    perform release_links(p_uploads);
    perform count_usage(usage_wants(p_uploads, -1));
    v_parts := array(
        select distinct l.part from unnest(p_uploads) o cross join lateral unnest(o.parts) l (part)
        where is_received(o.state));
    if cardinality(v_parts) > 0 then
        with own as (
            update uploads p set counted_in = null
            where p.id = any (v_parts) and p.state = 'completed' and p.counted_in = any (array(select o.id from unnest(p_uploads) o))
            returning p.*
        )
        select array_agg(o) into v_own from own o;
        perform lock_usage();
        perform add_usage(
            array(select row(o.id, o.tenant, o.subject, o.maker, counted_bytes(o), 0, 0)::usage_want from unnest(v_own) o));
    end if;
    if exists (select from unnest(p_uploads) o where o.relay_of is not null) then
        perform end_relayed(p_uploads, p_state);
    end if;
    for v_from in select distinct o.state from unnest(p_uploads) o loop
        perform add_events(
            array(select o from unnest(p_uploads) o where o.state = v_from), p_state,
            jsonb_build_object('from', v_from, 'reason', p_reason), p_subject);
    end loop;
end $$;
