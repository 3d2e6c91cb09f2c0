-- Removes [p_lo, p_hi) from the runs of received bytes.
create function cut_range(p_upload uuid, p_lo bigint, p_hi bigint) returns void language plpgsql as $$
begin
    with cut as (
        delete from received_ranges
        where upload_id = p_upload and hi > p_lo and lo < p_hi
          and lo >= coalesce((select max(n.lo) from received_ranges n where n.upload_id = p_upload and n.lo <= p_lo), 0)
        returning lo, hi
    )
    insert into received_ranges (upload_id, lo, hi)
    select p_upload, part.lo, part.hi
    from cut cross join lateral (values (cut.lo, least(cut.hi, p_lo)), (greatest(cut.lo, p_hi), cut.hi)) part (lo, hi)
    where part.lo < part.hi;
end $$;
