-- Whether live entries lie in a folder more than p_levels below it. The kept heights answer at once, unless they are too high because
-- entries were removed. Then it walks down only where they say that something lies deeper, and corrects them on its way up. So the next
-- question is answered at once again.
create function is_higher(p_folder uuid, p_levels int) returns boolean language plpgsql as $$
declare
    v_path  uuid[] := array[p_folder];
    v_names text[] := array[''];
    v_level int;
    c       record;
begin
    if not exists (select from entries where id = p_folder and height > p_levels) then
        return false;
    end if;
    loop
        v_level := cardinality(v_path);
        -- The entries before this name are no deeper than they may be.
        select id, name into c from entries
        where parent = v_path[v_level] and name > v_names[v_level] and removed_at is null and v_level + height > p_levels
        order by name limit 1;
        if found and v_level > p_levels then
            return true;
        elsif found then
            v_names[v_level] := c.name;
            v_path := v_path || c.id;
            v_names := v_names || ''::text;
        else
            update entries f set height = n.height
            from (
                select coalesce(max(e.height) + 1, 0) as height from entries e where e.parent = v_path[v_level] and e.removed_at is null) n
            where f.id = v_path[v_level] and f.height > n.height;
            v_path := v_path[:v_level - 1];
            v_names := v_names[:v_level - 1];
            if v_level = 1 then
                return false;
            end if;
        end if;
    end loop;
end $$;
