-- The end of the content: extents do not overlap, so the last one reaches farthest. Null where there is none.
create function last_byte(p_upload uuid) returns bigint language plpgsql stable as $$
begin
    return (select p.start + p.length from extents p where p.upload_id = p_upload order by p.start desc limit 1);
end $$;
