-- Removes the extents of a session that begin in [p_lo, p_hi), none of which reaches beyond; returns how many there were.
create function take_back(p_upload uuid, p_lo bigint, p_hi bigint) returns int language plpgsql as $$
declare
    v_files  uuid[];
    v_count  int;
    v_bytes  bigint;
    v_placed bigint;
begin
    with gone as (delete from extents where upload_id = p_upload and start >= p_lo and start < p_hi returning length, placed, file_id)
    select array_agg(distinct file_id), count(*), sum(length), coalesce(sum(length) filter (where placed), 0)
    into v_files, v_count, v_bytes, v_placed from gone;
    if v_count = 0 then
        return 0;
    end if;
    perform cut_range(p_upload, p_lo, p_hi);
    perform tombstone_files(v_files);
    -- A digest that covers part of the range is no longer valid.
    update uploads
    set received_bytes = received_bytes - v_bytes, placed_bytes = placed_bytes - v_placed, chunk_count = chunk_count - v_count,
        revision = revision + 1,
        hash_state = case when hash_bytes > p_lo then null else hash_state end,
        front_sha256 = case when hash_bytes > p_lo then null else front_sha256 end,
        hash_bytes = case when hash_bytes > p_lo then 0 else hash_bytes end
    where id = p_upload;
    perform reserve_one(u, -v_bytes) from uploads u where u.id = p_upload and u.size is null;
    return v_count;
end $$;
