-- Tells a project that a subject has become a member, or has left. Whatever changes space_members calls this; other spaces have no story.
create function note_member(p_space uuid, p_joined boolean, p_member text, p_by text) returns void language plpgsql as $$
declare
    v_sequence bigint;
    v_tenant   text;
    v_data     jsonb;
begin
    perform from projects where id = p_space for no key update;
    if not found then
        return;
    end if;
    v_sequence := add_project_event(
        p_space, case when p_joined then 'member_joined' else 'member_left' end, null, p_by, jsonb_build_object('member', p_member));
    v_tenant := (select tenant from spaces where id = p_space);
    v_data := jsonb_build_object('sequence', v_sequence, 'member', p_member);
    if p_joined then
        perform add_event('member_joined', 'project', replace(p_space::text, '-', ''), v_data, v_tenant, p_member, p_by);
    else
        perform add_event('member_left', 'project', replace(p_space::text, '-', ''), v_data, v_tenant, p_member, p_by);
        if p_by <> p_member then
            insert into project_removals (project_id, subject) values (p_space, p_member)
            on conflict (project_id, subject) do update set removed_at = now();
        end if;
        perform release_folders(p_space, null, p_member);
        perform end_file_transfers(p_space, null, p_member, 'rights_ended', 'Who asked is no member any more.');
        -- A guest who is in no project any more has left the tenant.
        if is_guest(v_tenant, p_member) and not exists (
            select from space_members m join spaces s on s.id = m.space
            where m.subject = p_member and s.tenant = v_tenant and s.removed_at is null) then
            delete from memberships where user_id = substr(p_member, 6)::uuid and tenant = v_tenant;
            update api_keys set revoked_at = now()
            where user_id = substr(p_member, 6)::uuid and tenant = v_tenant and revoked_at is null;
        end if;
        delete from file_approvals where project_id = p_space and subject = p_member;
        delete from folder_approvals where project_id = p_space and subject = p_member;
    end if;
end $$;
