-- Makes a user of the tenant a member by an invitation, and counts its use. Who is a member already stays one, and uses nothing. Returns
-- the project; null if the invitation is not valid for this user.
create function join_project(p_token bytea, p_tenant text, p_subject text) returns uuid language plpgsql as $$
declare
    v_there project_invitations;
    v_new   boolean;
begin
    -- The row's lock comes before the look, so that two users do not share the last use.
    perform from project_invitations where token_hash = p_token for update;
    select * into v_there from find_invitation(p_token, p_tenant, p_subject);
    if not found then
        return null;
    end if;
    insert into space_members (space, subject, can_change) values (v_there.project_id, p_subject, v_there.can_change)
    on conflict (space, subject) do nothing;
    v_new := found;
    if v_new then
        update project_invitations set uses = uses + 1 where id = v_there.id;
        perform note_member(v_there.project_id, true, p_subject, p_subject);
    end if;
    return v_there.project_id;
end $$;
