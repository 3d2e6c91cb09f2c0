-- Ends uploads as cancelled, expired, failed or deleted: the only UPDATE that does. The caller holds their rows and gives them as they are
-- before. The content stays until reclaim_content frees it.
create function end_uploads(p_uploads uploads[], p_state text, p_reason text, p_subject text default null) returns void
language plpgsql as $$
declare
    v_from text;
begin
    update uploads set state = p_state, state_at = now(), state_reason = p_reason
    where id = any (array(select o.id from unnest(p_uploads) o));
    perform release_links(p_uploads);
    for v_from in select distinct o.state from unnest(p_uploads) o loop
        perform add_events(
            array(select o from unnest(p_uploads) o where o.state = v_from), p_state,
            jsonb_build_object('from', v_from, 'reason', p_reason), p_subject);
    end loop;
end $$;
