-- Finds an invitation by the digest of its token, for a user of the project's tenant; with p_guests also for users of other tenants, who
-- join as guests. None is found that has expired, was used up or ended, whose maker owns the project no more and administers the tenant no
-- more, or that is older than the removal of the user.
create function find_invitation(p_token bytea, p_tenant text, p_subject text, p_guests boolean) returns setof project_invitations
language sql stable as $$
    select i.*
    from project_invitations i
    join projects p on p.id = i.project_id and p.archived_at is null
    join spaces s on s.id = p.id and s.removed_at is null
    join tenants t on t.name = s.tenant and t.suspended_at is null and t.removed_at is null
    where i.token_hash = p_token and i.ended_at is null and i.expires_at > now()
          and (s.tenant = p_tenant or p_guests and p_subject ~ '^user:[0-9a-f]{32}$')
          and (i.uses < i.most_uses or exists (select from space_members m where m.space = s.id and m.subject = p_subject))
          and (i.made_by in (s.owner, 'operator') or exists (
              select from users u left join memberships m on m.user_id = u.id and m.tenant = s.tenant
              where 'user:' || replace(u.id::text, '-', '') = i.made_by and u.enabled and (u.is_operator or m.role = 'admin')))
          and not exists (
              select from project_removals r
              where r.project_id = i.project_id and r.subject = p_subject and r.removed_at >= i.created_at)
$$;
