using ChunkUpload.Infrastructure.Audit;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Statements on users, keys and tenants. Every statement that changes access rights calls access_changed.</summary>
internal static class UserQueries
{
    /// <summary>The columns of <see cref="UserRow"/>. The user is <c>u</c>, and may be absent.</summary>
    public const string Columns = """
        u.id, u.name, u.display_name as "DisplayName", u.email, u.password, coalesce(u.is_operator, false) as "IsOperator",
        coalesce(u.enabled, false) as "Enabled", u.totp, coalesce(u.totp_step, 0) as "TotpStep",
        coalesce(u.created_at, now()) as "CreatedAt", u.signed_in_at as "SignedInAt",
        (select json_object_agg(m.tenant, m.role order by m.tenant)::text from memberships m where m.user_id = u.id) as "Memberships"
        """;

    public const string Add = $"""
        with added as (
            insert into users (id, name, display_name, email, password, is_operator, enabled)
            values (@Id, @Name, @DisplayName, @Email, @Password, @IsOperator, @Enabled) on conflict do nothing returning id
        ), joined as (
            insert into memberships (user_id, tenant, role)
            select a.id, m.tenant, m.role from added a cross join unnest(@Tenants, @Roles) m (tenant, role)
        )
        select exists (select from added) or exists (select from users where id = @Id),
               case when exists (select from added) then {ActParameters.Changed} end
        """;

    public const string Find = $"select {Columns} from users u where u.id = @Id";

    public const string FindByName = $"select {Columns} from users u where u.name = @Name";

    public const string List = $"""
        select {Columns} from users u
        where (@Tenant::text is null or exists (select from memberships m where m.user_id = u.id and m.tenant = @Tenant))
          and (@After::text is null or u.name > @After)
        order by u.name limit @Limit
        """;

    public const string Change = $"""
        -- Drop unused links for a new password: their makers did not have the right that is added now.
        delete from sign_in_links
        where user_id = @Id and used_at is null and @IsOperator and not exists (select from users where id = @Id and is_operator);
        -- A disabled user signs in anew after being enabled again. Their keys only stop working meanwhile.
        update browser_sessions set revoked_at = now() where user_id = @Id and revoked_at is null and @Enabled::boolean = false;
        delete from sign_in_links where user_id = @Id and used_at is null and @Enabled::boolean = false;
        delete from issuer_states where user_id = @Id and @Enabled::boolean = false;
        with changed as (
            update users set display_name = coalesce(@DisplayName, display_name),
                   email = case when @Email::text is null then email else nullif(@Email, '') end,
                   is_operator = coalesce(@IsOperator, is_operator), enabled = coalesce(@Enabled, enabled)
            where id = @Id returning 1
        )
        select {ActParameters.Changed} from changed
        """;

    public const string SetPassword = $"""
        update users set password = @Password where id = @Id;
        update browser_sessions set revoked_at = now() where user_id = @Id and revoked_at is null and id is distinct from @Keep;
        delete from sign_in_links where user_id = @Id and used_at is null;
        delete from issuer_states where user_id = @Id;
        delete from user_identities where user_id = @Id and not @KeepAccounts;
        select {ActParameters.Changed}
        """;

    public const string SignedIn = "update users set signed_in_at = now() where id = @Id";

    public const string SetRole = $"""
        -- Drop unused links for a new password: their makers did not have the right that is added now.
        delete from sign_in_links
        where user_id = @Id and used_at is null and @Role::text is not null
          and not exists (select from memberships where user_id = @Id and tenant = @Tenant and role = @Role);
        insert into memberships (user_id, tenant, role) select @Id, @Tenant, @Role where @Role::text is not null
        on conflict (user_id, tenant) do update set role = excluded.role;
        delete from memberships where user_id = @Id and tenant = @Tenant and @Role::text is null;
        update api_keys set revoked_at = now() where user_id = @Id and tenant = @Tenant and revoked_at is null and @Role::text is null;
        delete from space_members m using spaces s
        where s.id = m.space and s.tenant = @Tenant and m.subject = @Subject and @Role::text is null;
        select {ActParameters.Changed}
        """;

    // Delete the memberships last, because access_changed uses them to find the tenants in whose audit log the act is recorded.
    public const string Remove = $"""
        with removed as (delete from users where id = @Id returning 1) select {ActParameters.Changed} from removed;
        delete from memberships where user_id = @Id;
        delete from browser_sessions where user_id = @Id;
        delete from sign_in_links where user_id = @Id;
        delete from user_identities where user_id = @Id;
        delete from space_members where subject = @Subject;
        select remove_user_connections(@Subject);
        delete from api_key_secrets where key in (select id from api_keys where user_id = @Id);
        delete from api_keys where user_id = @Id
        """;

    public const string HasUser = "select exists (select from users where enabled)";

    public const string HasOperator = "select exists (select from users where is_operator and enabled)";

    /// <summary>
    /// When the key <c>k</c>, or a key that directly or indirectly created it, was revoked. A key whose creator was removed counts as
    /// revoked at its creation.
    /// </summary>
    private const string Revoked = """
        (with recursive line as (
            select k.made_with, k.revoked_at
            union all
            select m.made_with, case when m.id is null then k.created_at else m.revoked_at end
            from line left join api_keys m on m.id = line.made_with
            where line.made_with is not null
         )
         select min(revoked_at) from line)
        """;

    /// <summary>The columns of <see cref="KeyRow"/>. The key is <c>k</c>.</summary>
    public const string KeyColumns = $"""
        k.id as "KeyId", k.tenant as "KeyTenant", k.user_id as "KeyUser", k.name as "KeyName", k.prefix, k.scopes,
        k.made_by as "MadeBy", k.made_with as "KeyMadeWith", k.created_at as "KeyCreatedAt", k.expires_at as "ExpiresAt",
        k.used_at as "UsedAt", {Revoked} as "RevokedAt", k.disabled_at as "DisabledAt"
        """;

    public const string AddKey = $"""
        with added as (
            insert into api_keys (id, tenant, user_id, name, prefix, scopes, made_by, made_with, expires_at)
            values (@Id, @Tenant, @User, @Name, @Prefix, @Scopes, @MadeBy, @MadeWith, @ExpiresAt) on conflict do nothing returning id
        ), secret as (
            insert into api_key_secrets (sha256, key) select @Secret, id from added
        )
        select {ActParameters.Changed} from added
        """;

    public const string FindKey = $"select {KeyColumns} from api_keys k where k.id = @Id and (@Tenant::text is null or k.tenant = @Tenant)";

    public const string ListKeys = $"""
        select {KeyColumns} from api_keys k
        where k.tenant = @Tenant and (@User::uuid is null or k.user_id = @User)
          and (@After::uuid is null or (k.created_at, k.id) < (select a.created_at, a.id from api_keys a where a.id = @After))
        order by k.created_at desc, k.id desc limit @Limit
        """;

    public const string RotateKey = $"""
        with rotated as (
            update api_keys k set prefix = @Prefix where id = @Id and tenant = @Tenant and {Revoked} is null returning id
        ), older as (
            update api_key_secrets s set until = least(coalesce(s.until, 'infinity'), now() + @Overlap)
            where s.key = (select id from rotated) and s.sha256 <> @Secret
        ), newer as (
            insert into api_key_secrets (sha256, key, made_with) select @Secret, id, @MadeWith from rotated on conflict do nothing
        )
        select {ActParameters.Changed} from rotated
        """;

    public const string RevokeKey = $"""
        with revoked as (
            update api_keys set revoked_at = coalesce(revoked_at, now()) where id = @Id and tenant = @Tenant returning 1
        )
        select {ActParameters.Changed} from revoked
        """;

    public const string EnableKeys = $"""
        with enabled as (
            update api_keys set disabled_at = null where disabled_at is not null and (@Id::uuid is null or id = @Id) returning tenant
        )
        select {ActParameters.ChangedInTenant} from enabled
        """;

    public const string HeldKey = $"""
        select {KeyColumns}, s.until, {TenantColumns}, {Columns}
        from api_key_secrets s
        join api_keys k on k.id = s.key
        join tenants t on t.name = k.tenant
        left join users u on u.id = k.user_id
        where s.sha256 = @Secret and (s.made_with is null or s.made_with = k.id or not is_key_revoked(s.made_with))
        """;

    public const string HeldKeyById = $"""
        select {KeyColumns}, {TenantColumns}, {Columns}
        from api_keys k
        join tenants t on t.name = k.tenant
        left join users u on u.id = k.user_id
        where k.id = @Id
        """;

    public const string KeyUsed = "update api_keys set used_at = @At where id = @Id and (used_at is null or used_at < @At)";

    /// <summary>The columns of a tenant. The tenant is <c>t</c>.</summary>
    public const string TenantColumns = """
        t.name as "TenantName", t.title, t.created_at as "TenantCreatedAt", t.suspended_at as "SuspendedAt",
        t.removed_at as "TenantRemovedAt"
        """;

    public const string AddTenant = $"""
        with added as (insert into tenants (name, title) values (@Name, @Title) on conflict do nothing returning 1)
        select {ActParameters.Changed} from added
        """;

    public const string FindTenant = $"select {TenantColumns} from tenants t where t.name = @Name";

    public const string ListTenants = $"select {TenantColumns} from tenants t order by t.name";

    public const string ChangeTenant = $"""
        with changed as (
            update tenants set title = coalesce(@Title, title),
                   suspended_at = case when @Suspended is null then suspended_at when @Suspended then coalesce(suspended_at, now()) end
            where name = @Name and removed_at is null returning 1
        )
        select {ActParameters.Changed} from changed;
        select set_webhook_key(w) from webhooks w where w.tenant = @Name
        """;

    public const string RemoveTenant = $"""
        with removed as (update tenants set removed_at = coalesce(removed_at, now()) where name = @Name and name <> 'default' returning 1)
        select {ActParameters.Changed} from removed
        """;

    public const string Version = "select number from access_version";
}
