-- Records that all bytes of an upload were read and found right, so that the scrubber takes the others first.
create function mark_checked(p_incarnation bigint, p_upload uuid) returns void
language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is not null then
        update uploads set checked_at = now() where id = p_upload;
    end if;
end $$;
