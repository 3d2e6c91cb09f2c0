-- A name that is free in a folder: "report.pdf", or "report (2).pdf" and so on. The name of p_entry itself counts as free. After the first
-- 16 numbers, the search doubles the number until one is free, then bisects to the first free one after a taken one: the n-th name costs
-- log n.
create function free_name(p_parent uuid, p_name text, p_entry uuid default null) returns text language plpgsql as $$
declare
    -- The extension: empty if the name's only dot is its first character, or if the extension is long.
    v_ending text := coalesce(substring(p_name from '^.+(\.[^.]{1,16})$'), '');
    v_whole  text := left(p_name, length(p_name) - length(v_ending));
    v_number bigint := 1;
    v_taken  bigint := 0;
    v_free   bigint;
    v_stem   text;
    v_suffix text;
    v_name   text;
begin
    loop
        v_stem := v_whole;
        v_suffix := case when v_number > 1 then ' (' || v_number || ')' else '' end || v_ending;
        -- A name has at most 255 bytes.
        while octet_length(v_stem) + octet_length(v_suffix) > 255 loop
            v_stem := left(v_stem, -1);
        end loop;
        if exists (select from entries
                   where parent = p_parent and name = v_stem || v_suffix and removed_at is null and id is distinct from p_entry) then
            v_taken := v_number;
        else
            v_free := v_number;
            v_name := v_stem || v_suffix;
        end if;
        exit when v_free = v_taken + 1;
        v_number := case
            when v_free is not null then (v_taken + v_free) / 2
            when v_number < 16 then v_number + 1
            else v_number * 2
        end;
    end loop;
    return v_name;
end $$;
