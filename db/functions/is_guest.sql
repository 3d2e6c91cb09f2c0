-- Whether a subject is a guest of a tenant: a user who has joined projects of it and reaches nothing else of it.
create function is_guest(p_tenant text, p_subject text) returns boolean language sql stable as $$
    select p_subject ~ '^user:[0-9a-f]{32}$' and exists (
        select from memberships m where m.user_id = substr(p_subject, 6)::uuid and m.tenant = p_tenant and m.role = 'guest')
$$;
