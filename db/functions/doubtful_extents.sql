-- Returns the extents in the caller's store that may be lost after a power failure: unflushed ones of a fenced incarnation that ran before
-- the machine's last start and did not stop in order (E31). A stream's extent has no digest of its own. If it is all of
-- the stream, the stream's digest is returned for it.
create function doubtful_extents(p_incarnation bigint, p_upload uuid, p_limit int)
returns table (start bigint, length bigint, file_offset bigint, sha256 bytea, file_id uuid) language sql stable as $$
    select p.start, p.length, p.file_offset,
           coalesce(p.sha256, case when u.protocol <> 'session' and p.start = 0 and p.length = u.hash_bytes then u.front_sha256 end),
           p.file_id
    from extents p join uploads u on u.id = p.upload_id join incarnations l on l.id = p.incarnation
    join incarnations o on o.id = p_incarnation join stored_files f on f.id = p.file_id
    where p.upload_id = p_upload and not p.synced and l.fenced_at is not null and l.ended_at is null
      and l.boot_id <> o.boot_id and f.store = o.store
    order by p.start limit p_limit
$$;
