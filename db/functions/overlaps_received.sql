-- Whether received bytes lie inside [p_lo, p_hi): extents do not overlap, so the last one that begins before p_hi decides.
create function overlaps_received(p_upload uuid, p_lo bigint, p_hi bigint) returns boolean language plpgsql stable as $$
begin
    return coalesce(
        (select p.start + p.length > p_lo from extents p
         where p.upload_id = p_upload and p.start < p_hi order by p.start desc limit 1), false);
end $$;
