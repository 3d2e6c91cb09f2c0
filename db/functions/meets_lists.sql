-- Whether one of the lists of a request's If header holds, or there are none: each of its conditions names a lock over a resource, or the
-- content of a file, and is met, or is negated and is not met.
create function meets_lists(p_guard jsonb) returns boolean language plpgsql stable as $$
declare
    v_list  jsonb;
    v_one   jsonb;
    v_names text[];
    v_space uuid;
    v_met   boolean;
    v_all   boolean;
    r       record;
begin
    if coalesce(jsonb_array_length(p_guard -> 'lists'), 0) = 0 then
        return true;
    end if;
    for v_list in select l from jsonb_array_elements(p_guard -> 'lists') l loop
        v_space := (v_list ->> 'space')::uuid;
        v_names := array(select n from jsonb_array_elements_text(v_list -> 'path') n);
        select o.depth, (o.entry).id, (o.entry).parent, (o.entry).name, (o.entry).upload into r from resolve_path(v_space, v_names) o;
        v_all := true;
        for v_one in select c from jsonb_array_elements(v_list -> 'conditions') c loop
            if v_one ? 'etag' then
                v_met := r.depth = cardinality(v_names) and replace(r.upload::text, '-', '') = v_one ->> 'etag';
            elsif r.depth = cardinality(v_names) then
                v_met := exists (
                    select from locks_over(v_space, r.parent, case when r.parent is null then '' else r.name end) l
                    where 'urn:uuid:' || l.token = v_one ->> 'token');
            else
                v_met := exists (
                    select from locks_over(v_space, r.id, v_names[r.depth + 1]) l where 'urn:uuid:' || l.token = v_one ->> 'token');
            end if;
            v_all := v_all and coalesce(v_met, false) <> (v_one ->> 'not')::boolean;
        end loop;
        if v_all then
            return true;
        end if;
    end loop;
    return false;
end $$;
