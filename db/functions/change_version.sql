-- Names a version of a file (p_label null: takes its name away), or with p_remove gives up an earlier one, which the purge then frees. A
-- repeated call changes nothing more.
create function change_version(p_incarnation bigint, p_space uuid, p_entry uuid, p_number int, p_label text, p_remove boolean)
returns text language plpgsql as $$
declare
    v entry_versions;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    perform lock_space(p_space);
    select o.* into v from entry_versions o join entries e on e.id = o.entry
    where o.entry = p_entry and o.number = p_number and e.space = p_space and not e.purging;
    if v.entry is null or (v.until_clock = -1 and not p_remove) then
        return 'not_found';
    elsif p_remove and v.until is null then
        return 'current';
    elsif p_remove then
        update entry_versions set until_clock = -1, kept = false, label = null where entry = p_entry and number = p_number;
    else
        -- Without a name, the purge decides soon whether something else keeps it.
        update entry_versions
        set label = p_label, kept = until is not null and (kept or p_label is not null),
            due = case when until is not null then service_seconds() end
        where entry = p_entry and number = p_number and label is distinct from p_label;
    end if;
    return 'ok';
end $$;
