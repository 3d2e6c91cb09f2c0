-- Removes a batch of the ended uploads of a tenant that is being removed. With the last batch it removes everything else of the tenant, and
-- the users who belong to no other tenant. Returns whether the tenant is gone; null from a fenced incarnation.
create function remove_tenant(p_incarnation bigint, p_tenant text, p_limit int) returns boolean
language plpgsql as $$
declare
    v_ids    uuid[];
    v_spaces uuid[];
    v_users  uuid[];
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return null;
    end if;
    perform from tenants where name = p_tenant and removed_at is not null for update;
    if not found then
        return not exists (select from tenants where name = p_tenant);
    end if;
    -- 2.
    v_ids := array(
        select s.id from (
            select u.id from uploads u
            where u.tenant = p_tenant and is_ended(u.state) and not u.has_content
            order by u.id limit p_limit for update skip locked) s);
    delete from failed_attempts where upload_id = any (v_ids);
    delete from advice_steps where upload_id = any (v_ids);
    delete from uploads where id = any (v_ids);
    v_spaces := array(select id from spaces where tenant = p_tenant);
    if exists (select from uploads where tenant = p_tenant) or exists (select from entries where space = any (v_spaces)) then
        return false;
    end if;
    -- Blank the tenant's rows in the audit, and keep their digests. Acts that are not chained yet are blanked by a later call.
    perform blank_audit(null, p_tenant, p_limit);
    if exists (select from audit where tenant = p_tenant) or exists (select from audit_arrivals where tenant = p_tenant) then
        return false;
    end if;
    -- 3.
    delete from limits where tenant = p_tenant;
    perform lock_usage();
    delete from usage_changes where tenant = p_tenant;
    delete from usage where tenant = p_tenant;
    delete from usage_days where tenant = p_tenant;
    delete from folder_moves where tenant = p_tenant;
    delete from changes where space = any (v_spaces);
    perform end_project(p.id) from projects p where p.id = any (v_spaces);
    delete from devices where tenant = p_tenant;
    delete from file_request_mails where tenant = p_tenant;
    delete from space_members where space = any (v_spaces);
    delete from spaces where id = any (v_spaces);
    delete from events where tenant = p_tenant;
    perform remove_webhooks(array(select w.id from webhooks w where w.tenant = p_tenant));
    perform remove_schedules(array(select s.id from transfer_schedules s where s.tenant = p_tenant));
    perform remove_syncs(array(select s.id from syncs s where s.tenant = p_tenant));
    delete from transfer_templates where tenant = p_tenant;
    perform remove_transfers(array(select t.id from transfers t where t.tenant = p_tenant));
    delete from connection_sign_ins where tenant = p_tenant;
    delete from device_sign_ins where tenant = p_tenant;
    delete from key_requests where tenant = p_tenant;
    perform remove_connections(array(select c.id from connections c where c.tenant = p_tenant));
    delete from client_networks where tenant = p_tenant;
    delete from statistics where tenant = p_tenant;
    delete from finished_uploads where tenant = p_tenant;
    delete from link_uploads r using links l where l.id = r.link and l.tenant = p_tenant;
    delete from link_downloads d using links l where l.id = d.link and l.tenant = p_tenant;
    delete from links where tenant = p_tenant;
    -- 4. Operators stay.
    v_users := array(
        select m.user_id from memberships m join users u on u.id = m.user_id
        where m.tenant = p_tenant and not u.is_operator
              and not exists (select from memberships o where o.user_id = m.user_id and o.tenant <> p_tenant));
    delete from api_key_secrets s using api_keys k where k.id = s.key and (k.tenant = p_tenant or k.user_id = any (v_users));
    delete from api_keys where tenant = p_tenant or user_id = any (v_users);
    delete from browser_sessions where tenant = p_tenant or user_id = any (v_users);
    delete from sign_in_links where user_id = any (v_users);
    delete from user_identities where user_id = any (v_users);
    perform remove_user_connections('user:' || replace(u::text, '-', '')) from unnest(v_users) u;
    delete from memberships where tenant = p_tenant;
    delete from users where id = any (v_users);
    delete from tenants where name = p_tenant;
    perform access_changed('tenant.data_removed', p_tenant, null, '', 'service', null, null);
    return true;
end $$;
