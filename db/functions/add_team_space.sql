-- Makes a team space that belongs to a subject, its first member. Null if the subject already has p_most of them. Calls for one subject
-- wait for each other, so that several at once do not pass the limit together.
create function add_team_space(p_tenant text, p_subject text, p_name text, p_most int) returns uuid language plpgsql as $$
declare
    v_space uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('team spaces of ' || p_tenant || ' ' || p_subject, 0));
    if p_most <= (
        select count(*) from spaces where tenant = p_tenant and kind = 'team' and owner = p_subject and removed_at is null)
    then
        return null;
    end if;
    v_space := add_space(p_tenant, 'team', p_subject, p_name);
    insert into space_members (space, subject, can_change) values (v_space, p_subject, true);
    return v_space;
end $$;
