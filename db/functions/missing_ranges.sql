-- The missing ranges in [p_from, p_size), in order. Reads the run at p_from and p_limit + 1 runs behind it, and never all of them.
create function missing_ranges(p_upload uuid, p_protocol text, p_received bigint, p_from bigint, p_size bigint, p_limit int)
returns table (lo bigint, hi bigint) language sql stable as $$
    with at_from as (
        select r.lo, r.hi from received_ranges r where r.upload_id = p_upload and r.lo <= p_from order by r.lo desc limit 1
    ), runs as (
        select a.lo, a.hi from at_from a
        union all
        (select r.lo, r.hi from received_ranges r
         where r.upload_id = p_upload and r.lo > greatest(p_from, (select a.hi from at_from a)) order by r.lo limit p_limit + 1)
        union all
        -- A stream has one run. The case keeps it out for sessions, whose received_ranges are complete.
        select 0, p_received where p_protocol <> 'session' and p_received > 0
    ), gaps as (
        select greatest(p_from, lag(runs.hi, 1, 0::bigint) over (order by runs.lo)) as lo, runs.lo as hi from runs
        union all
        select greatest(p_from, (select coalesce(max(runs.hi), 0) from runs)), p_size where p_size is not null
    )
    select gaps.lo, gaps.hi from gaps where gaps.lo < gaps.hi order by gaps.lo limit p_limit
$$;
