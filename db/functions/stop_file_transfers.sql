-- Ends the running file transfers whose rights have ended: of a requester who is no member any more, of a device whose key, user or right
-- to serve the folder is gone. Returns how many.
create function stop_file_transfers() returns int language plpgsql as $$
declare
    t       file_transfers;
    v_id    uuid;
    v_count int := 0;
begin
    for v_id in
        select o.id
        from file_transfers o
        left join devices d on d.id = o.source_device_id and d.revoked_at is null
        left join users s on s.id = d.user_id and s.enabled
        left join projects p on p.id = o.project_id and p.archived_at is null
        left join served_folders f on f.project_id = o.project_id and f.id = o.folder_id and f.device_id = d.id
        left join api_keys k on k.id = d.key and k.disabled_at is null and (k.expires_at > now()) is not false
        left join space_members m on m.space = o.project_id and m.subject = o.requester_id
        left join space_members c
            on c.space = o.project_id and c.can_change and c.subject = 'user:' || replace(d.user_id::text, '-', '')
        where o.status = 'in_progress' and (
            s.id is null or p.id is null or f.id is null or k.id is null or is_key_revoked(k.id) or m.subject is null
            or c.subject is null
            or not s.is_operator and not exists (select from memberships b where b.user_id = d.user_id and b.tenant = o.tenant)
            or o.requester_id ~ '^user:[0-9a-f]{32}$' and not exists (
                select from users q left join memberships b on b.user_id = q.id and b.tenant = o.tenant
                where q.id = substr(o.requester_id, 6)::uuid and q.enabled and (q.is_operator or b.user_id is not null))
            or o.requester_id ~ '^key:[0-9a-f]{32}$' and (
                is_key_revoked(substr(o.requester_id, 5)::uuid)
                or exists (select from api_keys q where q.id = substr(o.requester_id, 5)::uuid and q.disabled_at is not null)))
        order by o.relay, o.id
    loop
        t := lock_file_transfer(v_id);
        if t.status = 'in_progress' then
            perform end_file_transfer(t, 'failed', 'rights_ended', 'A right of the member who asked, or of the device, has ended.');
            v_count := v_count + 1;
        end if;
    end loop;
    return v_count;
end $$;
