-- Adds [p_lo, p_hi) to the runs of received bytes. The range overlaps none of them, and its extent is recorded already. Only the two
-- neighbouring runs are touched. The run that begins at 0 is tried first, because most chunks extend it.
create function add_range(p_upload uuid, p_lo bigint, p_hi bigint) returns void language plpgsql as $$
declare
    v_right bigint;
begin
    delete from received_ranges where upload_id = p_upload and lo = p_hi returning hi into v_right;
    update received_ranges set hi = coalesce(v_right, p_hi) where upload_id = p_upload and lo = 0 and hi = p_lo;
    if found then
        return;
    end if;
    if (select p.start + p.length = p_lo from extents p where p.upload_id = p_upload and p.start < p_lo order by p.start desc limit 1) then
        update received_ranges set hi = coalesce(v_right, p_hi)
        where upload_id = p_upload and lo = (select max(n.lo) from received_ranges n where n.upload_id = p_upload and n.lo < p_lo);
    else
        insert into received_ranges (upload_id, lo, hi) values (p_upload, p_lo, coalesce(v_right, p_hi));
    end if;
end $$;
