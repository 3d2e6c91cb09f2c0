-- When, by the service clock, each earlier content of a file may be let go; null: not as long as its entry is there. p_keep is
-- Files:KeepDeleted in seconds. The caller who frees something holds the row of the space.
--
-- A policy keeps the newest ones, and the newest one that became the content in each hour, day and week (UTC), for so long after it was
-- replaced; its limit of bytes then takes the oldest. Where no policy decides, the trash keeps what was replaced for p_keep. Nothing is let
-- go on the first day, and what lost a conflict for 30 days. What was there when the rule began to hold stays for 7 more days.
--
-- Only hash joins are on, although purge_trash, which calls it, switches them off: joining the versions of a file row by row, as the
-- planner may while it knows of few, would take the square of their number.
create function judge_versions(p_entry uuid, p_keep bigint)
returns table (number int, upload uuid, size bigint, leaves bigint, kept boolean)
language plpgsql stable set enable_hashjoin = on set enable_nestloop = off as $$
declare
    v_day  constant bigint := 86400;
    v_now  bigint := service_seconds();
    v_rule version_rule := version_rule_of(p_entry);
begin
    return query
        with counted as (
            -- The current content is the newest of its hour, day and week.
            select v.number, date_trunc('hour', v.created_at, 'UTC') as hour, date_trunc('day', v.created_at, 'UTC') as day,
                   date_trunc('week', v.created_at, 'UTC') as week, count(v.until) over w as place,
                   lag(v.created_at) over w as newer
            from entry_versions v
            where v.entry = p_entry and v_rule.last is not null and not v.placeholder and v.until_clock is distinct from -1
            window w as (order by v.number desc)
        ), staying as (
            select v.number, v.upload, v.size, v.label, v.loser, v.until_clock,
                   case
                       when v_rule.last is null then v.until_clock + p_keep
                       when c.number is null then v.until_clock
                       when c.place <= v_rule.last then 9223372036854775807
                       else v.until_clock + greatest(
                           case when c.hour is distinct from date_trunc('hour', c.newer, 'UTC') then v_rule.hours * 3600::bigint else 0 end,
                           case when c.day is distinct from date_trunc('day', c.newer, 'UTC') then v_rule.days * v_day else 0 end,
                           case when c.week is distinct from date_trunc('week', c.newer, 'UTC') then v_rule.weeks * 7 * v_day else 0 end)
                   end as until
            from entry_versions v left join counted c on c.number = v.number
            where v.entry = p_entry and v.until is not null
        ), limited as (
            select s.*, case
                when v_rule.bytes < sum(s.size) filter (where s.label is null and s.until > v_now) over (order by s.number desc)
                    then s.until_clock
                else s.until
            end as fits
            from staying s
        ), judged as (
            select l.number, l.upload, l.size, l.label, l.until_clock,
                   greatest(
                       l.fits, l.until_clock + v_day, case when l.loser then l.until_clock + 30 * v_day end,
                       case when l.until_clock <= v_rule.since then v_rule.since + 7 * v_day end) as leaves
            from limited l
        )
        select j.number, j.upload, j.size,
               case when j.until_clock = -1 then -1 when j.label is null then nullif(j.leaves, 9223372036854775807) end,
               j.until_clock <> -1
                   and (v_rule.last is not null or j.label is not null or j.leaves > j.until_clock + greatest(p_keep, v_day))
        from judged j
        order by j.number;
end $$;
