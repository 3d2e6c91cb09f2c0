-- A name that is free in a folder: "report.pdf", or "report (2).pdf" and so on. Null where the first ten thousand are taken. A name that
-- the entry itself has is free for it.
create function free_name(p_parent uuid, p_name text, p_entry uuid default null) returns text language plpgsql as $$
declare
    -- A name that begins with its only dot has no ending, and neither has one whose ending is long.
    v_ending text := coalesce(substring(p_name from '^.+(\.[^.]{1,16})$'), '');
    v_stem   text := left(p_name, length(p_name) - length(v_ending));
    v_name   text := p_name;
    v_suffix text;
begin
    for n in 2..10000 loop
        if not exists (select from entries
                       where parent = p_parent and name = v_name and removed_at is null and id is distinct from p_entry) then
            return v_name;
        end if;
        v_suffix := ' (' || n || ')' || v_ending;
        -- A name has at most 255 bytes.
        while octet_length(v_stem) + octet_length(v_suffix) > 255 loop
            v_stem := left(v_stem, -1);
        end loop;
        v_name := v_stem || v_suffix;
    end loop;
    return null;
end $$;
