-- The answer of a device's user to all of a batch that waits for it. p_folder approves all that the member asks for in these folders, for
-- 30 days. What is declined ends p_most transfers at a time. Returns ok; same if nothing waits; more (ask again for
-- the rest); or absent.
create function answer_file_batch(
    p_tenant text, p_project uuid, p_batch uuid, p_subject text, p_approve boolean, p_folder boolean, p_most int) returns text
language plpgsql as $$
declare
    t     file_transfers;
    b     file_batches;
    v_ids uuid[];
    v_one uuid;
begin
    select * into b from file_batches x where x.id = p_batch and x.tenant = p_tenant and x.project_id = p_project;
    -- Without the relay's lock: what waits for an answer has no upload.
    v_ids := array(
        select o.id from file_transfers o join devices d on d.id = o.source_device_id
        where o.batch_id = p_batch and o.status = 'pending' and o.approval = 'waiting'
              and p_subject = 'user:' || replace(d.user_id::text, '-', '')
        order by o.id limit case when p_approve then null else p_most end for update of o);
    if b.id is null or not exists (
        select from file_transfers o join devices d on d.id = o.source_device_id
        where o.batch_id = p_batch and p_subject = 'user:' || replace(d.user_id::text, '-', '')) then
        return 'absent';
    elsif cardinality(v_ids) = 0 then
        return 'same';
    elsif not p_approve then
        foreach v_one in array v_ids loop
            update file_transfers set approval = 'declined', answered_at = now() where id = v_one returning * into t;
            perform end_file_transfer(t, 'failed', 'declined', 'The member whose device has the file has declined.');
        end loop;
        return case when cardinality(v_ids) = p_most then 'more' else 'ok' end;
    end if;
    if p_folder then
        insert into file_approvals (project_id, folder_id, subject, until)
        select distinct o.project_id, o.folder_id, o.requester_id, now() + interval '30 days' from file_transfers o where o.id = any (v_ids)
        on conflict (project_id, folder_id, subject) do update set until = excluded.until;
    end if;
    update file_transfers set approval = 'approved', answered_at = now() where id = any (v_ids);
    perform change_work('file_request', o.id, o.expires_at) from file_transfers o where o.id = any (v_ids);
    perform tell_file_batch(p_batch);
    return 'ok';
end $$;
