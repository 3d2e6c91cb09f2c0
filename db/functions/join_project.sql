-- Makes a user a member by an invitation, and counts its use. With p_guests, a user of another tenant joins, too: as a guest of the
-- project's tenant. Who is a member already stays one, and uses nothing. Returns the project; null if the invitation is not valid
-- for this user.
create function join_project(p_token bytea, p_tenant text, p_subject text, p_guests boolean) returns uuid language plpgsql as $$
declare
    v_there  project_invitations;
    v_tenant text;
begin
    -- The row's lock comes before the look, so that two users do not share the last use.
    perform from project_invitations where token_hash = p_token for update;
    select * into v_there from find_invitation(p_token, p_tenant, p_subject, p_guests);
    if not found then
        return null;
    end if;
    select s.tenant into v_tenant from spaces s where s.id = v_there.project_id;
    if v_tenant <> p_tenant then
        insert into memberships (user_id, tenant, role) values (substr(p_subject, 6)::uuid, v_tenant, 'guest')
        on conflict (user_id, tenant) do nothing;
    end if;
    insert into space_members (space, subject, can_change)
    values (v_there.project_id, p_subject, v_there.can_change and not is_guest(v_tenant, p_subject))
    on conflict (space, subject) do nothing;
    if found then
        update project_invitations set uses = uses + 1 where id = v_there.id;
        perform note_member(v_there.project_id, true, p_subject, p_subject);
    end if;
    return v_there.project_id;
end $$;
