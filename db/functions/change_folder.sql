-- Changes who gets the files of a served folder; null keeps what there is, and p_bytes 0 removes the bound. If p_subjects is not null, the
-- approvals of single members are replaced. Returns served, not_served, or no_member if a subject is no member of the project.
create function change_folder(
    p_project uuid, p_folder uuid, p_approval text, p_bytes bigint, p_straight boolean, p_subjects text[], p_approvals text[],
    p_bytes_each bigint[])
returns text language plpgsql as $$
begin
    perform from projects where id = p_project for no key update;
    if exists (
        select from unnest(p_subjects) s (subject)
        where not exists (select from space_members m where m.space = p_project and m.subject = s.subject))
    then
        return 'no_member';
    end if;
    update served_folders
    set approval = coalesce(p_approval, approval), is_straight = coalesce(p_straight, is_straight),
        bytes_a_day = case when p_bytes is null then bytes_a_day else nullif(p_bytes, 0) end
    where project_id = p_project and id = p_folder;
    if not found then
        return 'not_served';
    end if;
    if p_subjects is not null then
        delete from folder_approvals where project_id = p_project and folder_id = p_folder;
        insert into folder_approvals (project_id, folder_id, subject, approval, bytes_a_day)
        select p_project, p_folder, x.subject, x.approval, nullif(x.bytes, 0)
        from unnest(p_subjects, p_approvals, p_bytes_each) x (subject, approval, bytes);
    end if;
    return 'served';
end $$;
