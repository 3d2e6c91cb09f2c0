-- Sets the policy that the service's settings have for folders without one (p_last is null: none). Nothing changes where the ledger has it
-- already, because after a change everything stays for 7 more days.
create function set_default_policy(p_incarnation bigint, p_last int, p_hours int, p_days int, p_weeks int, p_bytes bigint) returns void
language plpgsql as $$
declare
    v_none constant uuid := '00000000-0000-0000-0000-000000000000';
begin
    if lock_incarnation(p_incarnation) is null or (p_last is null and not exists (select from version_policies where folder = v_none)) then
        return;
    end if;
    insert into version_policies as o (folder, space, last, hours, days, weeks, bytes, set_by, set_clock)
    values (v_none, v_none, p_last, p_hours, p_days, p_weeks, p_bytes, 'system', service_seconds())
    on conflict (folder) do update
    set last = excluded.last, hours = excluded.hours, days = excluded.days, weeks = excluded.weeks, bytes = excluded.bytes,
        set_at = now(), set_clock = excluded.set_clock
    where (o.last, o.hours, o.days, o.weeks, o.bytes)
          is distinct from (excluded.last, excluded.hours, excluded.days, excluded.weeks, excluded.bytes);
end $$;
