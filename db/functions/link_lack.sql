-- Why a link has no room for so many more files, parts and bytes, one of which has the size p_size; null if it has. The number of parts is
-- limited, too, because even an empty part takes a row.
create function link_lack(l links, p_files int, p_parts int, p_bytes bigint, p_size bigint) returns text
language sql stable as $$
    select case
        when l.id is null or l.revoked_at is not null or l.expires_at <= now() then 'link_closed'
        when p_size > l.max_size then 'link_size'
        when l.files + p_files > l.max_files then 'link_files'
        when l.parts + p_parts > 1000 then 'link_files'
        when l.bytes + p_bytes > l.max_bytes then 'link_bytes'
    end
$$;
