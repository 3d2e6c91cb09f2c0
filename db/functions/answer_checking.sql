-- Records that the client of an upload that a checker still examines has been answered: if its conditions fail when it is published, its
-- content gets a place beside. False if the upload is not being checked any more.
create function answer_checking(p_incarnation bigint, p_upload uuid) returns boolean language plpgsql as $$
begin
    if lock_incarnation(p_incarnation) is null then
        return false;
    end if;
    update uploads set target_guard = target_guard || '{"answered": true}'
    where id = p_upload and state = 'checking' and target_guard is not null;
    return found;
end $$;
