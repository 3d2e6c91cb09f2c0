-- Sets the policy for the earlier contents of the files below a folder, or removes it (p_last is null). What its space keeps by then stays
-- for 7 more days. Answers 'too_many' if the space has p_most policies already.
create function set_version_policy(
    p_incarnation bigint, p_space uuid, p_folder uuid, p_last int, p_hours int, p_days int, p_weeks int, p_bytes bigint, p_subject text,
    p_most int)
returns text language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    elsif not lock_space(p_space) or not is_live_folder(p_folder)
          or not exists (select from entries where id = p_folder and space = p_space) then
        return 'not_found';
    elsif p_last is null then
        delete from version_policies where folder = p_folder;
        if found then
            update entries set placed_clock = service_seconds() where id = p_folder;
        end if;
        return 'ok';
    elsif p_most <= (select count(*) from version_policies where space = p_space and folder <> p_folder) then
        return 'too_many';
    end if;
    insert into version_policies as o (folder, space, last, hours, days, weeks, bytes, set_by, set_clock)
    values (p_folder, p_space, p_last, p_hours, p_days, p_weeks, p_bytes, p_subject, service_seconds())
    on conflict (folder) do update
    set last = excluded.last, hours = excluded.hours, days = excluded.days, weeks = excluded.weeks, bytes = excluded.bytes,
        set_by = excluded.set_by, set_at = now(), set_clock = excluded.set_clock
    where (o.last, o.hours, o.days, o.weeks, o.bytes)
          is distinct from (excluded.last, excluded.hours, excluded.days, excluded.weeks, excluded.bytes);
    return 'ok';
end $$;
