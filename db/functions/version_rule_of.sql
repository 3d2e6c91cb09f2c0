-- The rule for the earlier contents of an entry, or of the entries in a folder: the policy of the nearest folder, else the service's own.
-- Where an entry on the way came from below another policy, the rule holds since then.
create function version_rule_of(p_entry uuid) returns version_rule language plpgsql stable as $$
declare
    v_none  constant uuid := '00000000-0000-0000-0000-000000000000';
    v_since bigint := 0;
    v_up    uuid := p_entry;
    e       record;
    p       version_policies;
begin
    loop
        select * into p from version_policies where folder = v_up;
        exit when found;
        select parent, placed_clock into e from entries where id = v_up;
        exit when not found;
        v_since := greatest(v_since, e.placed_clock);
        v_up := e.parent;
        exit when v_up is null;
    end loop;
    if p.folder is null then
        select * into p from version_policies where folder = v_none;
    end if;
    return row(p.folder, p.last, p.hours, p.days, p.weeks, p.bytes, greatest(v_since, p.set_clock))::version_rule;
end $$;
