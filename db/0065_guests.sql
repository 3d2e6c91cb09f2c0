-- The role of users of other tenants who have joined a project: they reach their projects alone, and not the shared space.
alter table memberships drop constraint memberships_role_check,
    add constraint memberships_role_check check (role in ('guest', 'viewer', 'member', 'admin'));
