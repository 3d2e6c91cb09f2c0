-- Deletes those of the chosen earlier contents of a file that may be let go, and decides when the due ones that stay are looked at again:
-- when the rule lets them go, at the latest in a week, because another rule lets nothing go before. While the file has more to let go than
-- was chosen, everything stays due. The caller holds the rows of the space and of the uploads.
create function free_versions(
    p_entry uuid, p_chosen int[], p_due int[], p_keep bigint, p_now bigint, out picked int, out bytes bigint)
language plpgsql as $$
begin
    with judged as materialized (
        select j.number, j.leaves, j.kept from judge_versions(p_entry, p_keep) j
    ), gone as (
        delete from entry_versions v using judged j
        where v.entry = p_entry and v.number = j.number and case when j.leaves <= p_now then j.number = any (p_chosen) end
        returning v.size
    ), stays as (
        update entry_versions v set due = least(j.leaves, p_now + 604800), kept = j.kept
        from judged j
        where v.entry = p_entry and v.number = j.number and j.number = any (p_due) and (j.leaves is null or j.leaves > p_now)
              and not exists (select from judged l where case when l.leaves <= p_now then l.number <> all (p_chosen) end)
        returning v.number
    )
    select (select count(*) from gone) + (select count(*) from stays), (select coalesce(sum(g.size), 0) from gone g) into picked, bytes;
end $$;
