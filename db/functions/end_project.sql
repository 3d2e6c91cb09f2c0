-- Ends a project: its devices are released, and its list and story go. The team space stays, with its files and members.
create function end_project(p_project uuid) returns boolean language plpgsql as $$
begin
    perform from projects where id = p_project for update;
    if not found then
        return false;
    end if;
    perform release_folders(p_project, null, null);
    delete from file_transfer_events e using file_transfers t where t.id = e.transfer_id and t.project_id = p_project;
    delete from file_transfers where project_id = p_project;
    delete from file_batches where project_id = p_project;
    delete from project_invitations where project_id = p_project;
    delete from project_removals where project_id = p_project;
    delete from project_events where project_id = p_project;
    delete from projects where id = p_project;
    return true;
end $$;
