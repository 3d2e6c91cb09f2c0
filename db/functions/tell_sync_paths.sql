-- Records an event about conflicts of a pair: that its owner is asked about them, or if p_by is given, how the owner or the rule has
-- decided. It names the first 20 paths.
create function tell_sync_paths(p_sync uuid, p_paths text[], p_by text default null, p_answer text default null)
returns void language plpgsql as $$
declare
    s      syncs;
    v_kind text;
begin
    select * into s from syncs where id = p_sync;
    v_kind := case when p_by is null then 'sync_conflict' else 'sync_decided' end;
    perform add_event(
        v_kind, 'sync', replace(s.id::text, '-', ''),
        jsonb_build_object(
            'title', s.title, 'conflicts', cardinality(p_paths), 'paths', to_jsonb(p_paths[1:20]), 'by', p_by, 'answer', p_answer),
        s.tenant, s.subject);
end $$;
