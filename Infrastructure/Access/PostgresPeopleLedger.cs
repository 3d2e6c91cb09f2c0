using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Users, keys and tenants in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresPeopleLedger(LedgerCalls calls) : IPeopleLedger
{
    public Task<bool> AddUserAsync(User user, string? password, CancellationToken cancellationToken) => ScalarAsync<bool>(
        UserQueries.Add,
        ActParameters.Of(new
        {
            user.Id,
            user.Name,
            user.DisplayName,
            user.Email,
            Password = password,
            user.IsOperator,
            user.Enabled,
            Tenants = user.Memberships.Select(membership => membership.Tenant).ToArray(),
            Roles = user.Memberships.Select(membership => membership.Role.Word()).ToArray(),
        }, "user.added", user.Subject, ActParameters.Json(("name", user.Name), ("operator", user.IsOperator ? "true" : null)),
            // The same statement returns the memberships.
            user.Memberships.Count == 0 ? "" : user.Memberships[0].Tenant),
        cancellationToken);

    public Task<User?> FindUserAsync(Guid id, CancellationToken cancellationToken) =>
        SingleAsync(UserQueries.Find, new { Id = id }, (UserRow row) => row.ToUser(), cancellationToken);

    public Task<UserSecrets?> FindSecretsAsync(string name, CancellationToken cancellationToken) =>
        SingleAsync(UserQueries.FindByName, new { Name = name }, (UserRow row) => row.ToSecrets(), cancellationToken);

    public Task<UserSecrets?> FindSecretsAsync(Guid id, CancellationToken cancellationToken) =>
        SingleAsync(UserQueries.Find, new { Id = id }, (UserRow row) => row.ToSecrets(), cancellationToken);

    public Task<IReadOnlyList<User>> ListUsersAsync(string? tenant, string? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(
            UserQueries.List, new { Tenant = tenant, After = after, Limit = limit }, (UserRow row) => row.ToUser()!, cancellationToken);

    public Task<bool> ChangeUserAsync(
        Guid id, string? displayName, string? email, bool? isOperator, bool? enabled, CancellationToken cancellationToken) =>
        HasRowAsync(
            UserQueries.Change,
            ActParameters.Of(
                new { Id = id, DisplayName = displayName, Email = email, IsOperator = isOperator, Enabled = enabled }, "user.changed",
                Caller.UserSubject(id),
                ActParameters.Json(("displayName", displayName), ("email", email), ("operator", isOperator?.ToString()),
                    ("enabled", enabled?.ToString()))),
            cancellationToken);

    public Task SetPasswordAsync(Guid id, string password, Guid? keep, bool keepAccounts, CancellationToken cancellationToken) =>
        ExecuteAsync(
            UserQueries.SetPassword,
            ActParameters.Of(
                new { Id = id, Password = password, Keep = keep, KeepAccounts = keepAccounts }, "user.password_set",
                Caller.UserSubject(id), ActParameters.Json(("accounts", keepAccounts ? "kept" : "unlinked"))),
            cancellationToken);

    public Task SignedInAsync(Guid id, CancellationToken cancellationToken) =>
        ExecuteAsync(UserQueries.SignedIn, new { Id = id }, cancellationToken);

    public Task SetRoleAsync(Guid id, string tenant, Role? role, CancellationToken cancellationToken) =>
        ExecuteAsync(
            UserQueries.SetRole,
            ActParameters.Of(
                new { Id = id, Tenant = tenant, Role = role?.Word(), Subject = Caller.UserSubject(id) },
                "user.role_set", Caller.UserSubject(id),
                ActParameters.Json(("tenant", tenant), ("role", role?.Word())), tenant),
            cancellationToken);

    public Task<bool> RemoveUserAsync(Guid id, CancellationToken cancellationToken) =>
        HasRowAsync(
            UserQueries.Remove,
            ActParameters.Of(new { Id = id, Subject = Caller.UserSubject(id) }, "user.removed", Caller.UserSubject(id)), cancellationToken);

    public Task<bool> HasUserAsync(CancellationToken cancellationToken) => ScalarAsync<bool>(UserQueries.HasUser, null, cancellationToken);

    public Task<bool> HasOperatorAsync(CancellationToken cancellationToken) =>
        ScalarAsync<bool>(UserQueries.HasOperator, null, cancellationToken);

    public Task AddKeyAsync(ApiKey key, byte[] secret, CancellationToken cancellationToken) => ExecuteAsync(
        UserQueries.AddKey,
        ActParameters.Of(new
        {
            key.Id,
            key.Tenant,
            key.User,
            key.Name,
            key.Prefix,
            Scopes = (int)key.Scopes,
            key.MadeBy,
            key.MadeWith,
            ExpiresAt = key.ExpiresAt?.UtcDateTime,
            Secret = secret,
        }, "key.added", Caller.KeySubject(key.Id),
            ActParameters.Json(("name", key.Name), ("prefix", key.Prefix), ("scopes", key.Scopes.ToString())), key.Tenant),
        cancellationToken);

    public Task<ApiKey?> FindKeyAsync(string? tenant, Guid id, CancellationToken cancellationToken) =>
        SingleAsync(UserQueries.FindKey, new { Tenant = tenant, Id = id }, (KeyRow row) => row.ToKey(), cancellationToken);

    public Task<IReadOnlyList<ApiKey>> ListKeysAsync(
        string tenant, Guid? user, Guid? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(
            UserQueries.ListKeys, new { Tenant = tenant, User = user, After = after, Limit = limit }, (KeyRow row) => row.ToKey(),
            cancellationToken);

    public Task<bool> RotateKeyAsync(
        string tenant, Guid id, string prefix, byte[] secret, TimeSpan overlap, Guid? madeWith, CancellationToken cancellationToken) =>
        HasRowAsync(
            UserQueries.RotateKey,
            ActParameters.Of(
                new { Tenant = tenant, Id = id, Prefix = prefix, Secret = secret, Overlap = overlap, MadeWith = madeWith }, "key.rotated",
                Caller.KeySubject(id), ActParameters.Json(("prefix", prefix)), tenant),
            cancellationToken);

    public Task<bool> RevokeKeyAsync(string tenant, Guid id, CancellationToken cancellationToken) =>
        HasRowAsync(
            UserQueries.RevokeKey, ActParameters.Of(new { Tenant = tenant, Id = id }, "key.revoked", Caller.KeySubject(id), tenant: tenant),
            cancellationToken);

    public Task<int> EnableKeysAsync(Guid? id, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QueryAsync<object>(Command(
            UserQueries.EnableKeys, ActParameters.Of(new { Id = id }, "key.enabled", id is { } one ? Caller.KeySubject(one) : null),
            stop))).Count(),
        cancellationToken);

    public Task<bool> AddTenantAsync(string name, string title, CancellationToken cancellationToken) =>
        HasRowAsync(
            UserQueries.AddTenant,
                ActParameters.Of(new { Name = name, Title = title }, "tenant.added", name, ActParameters.Json(("title", title)), name),
            cancellationToken);

    public Task<Tenant?> FindTenantAsync(string name, CancellationToken cancellationToken) =>
        SingleAsync(UserQueries.FindTenant, new { Name = name }, (KeyRow row) => row.ToTenant(), cancellationToken);

    public Task<IReadOnlyList<Tenant>> ListTenantsAsync(CancellationToken cancellationToken) =>
        ListAsync(UserQueries.ListTenants, null, (KeyRow row) => row.ToTenant(), cancellationToken);

    public Task<bool> ChangeTenantAsync(string name, string? title, bool? suspended, CancellationToken cancellationToken) =>
        HasRowAsync(
            UserQueries.ChangeTenant,
            ActParameters.Of(
                new { Name = name, Title = title, Suspended = suspended }, "tenant.changed", name,
                ActParameters.Json(("title", title), ("suspended", suspended?.ToString())), name),
            cancellationToken);

    public Task<bool> RemoveTenantAsync(string name, CancellationToken cancellationToken) =>
        // The tenant's own audit log is removed with it, so the act is recorded in the service's audit log.
        HasRowAsync(UserQueries.RemoveTenant, ActParameters.Of(new { Name = name }, "tenant.removed", name, tenant: ""), cancellationToken);

    public Task<long> AccessVersionAsync(CancellationToken cancellationToken) =>
        calls.OnceAsync(
            (connection, stop) => connection.ExecuteScalarAsync<long>(Command(UserQueries.Version, null, stop)), cancellationToken);

    public Task<HeldKey?> FindHeldKeyAsync(byte[] secret, CancellationToken cancellationToken) =>
        SingleAsync(UserQueries.HeldKey, new { Secret = secret }, (KeyRow row) => row.ToHeldKey(), cancellationToken);

    public Task<HeldKey?> FindHeldKeyAsync(Guid id, CancellationToken cancellationToken) =>
        SingleAsync(UserQueries.HeldKeyById, new { Id = id }, (KeyRow row) => row.ToHeldKey(), cancellationToken);

    public Task<HeldLink?> FindHeldLinkAsync(byte[] token, CancellationToken cancellationToken) =>
        SingleAsync(LinkQueries.Held, new { Token = token }, (LinkRow row) => row.ToHeldLink(), cancellationToken);

    public Task KeyUsedAsync(Guid id, DateTimeOffset at, CancellationToken cancellationToken) =>
        ExecuteAsync(UserQueries.KeyUsed, new { Id = id, At = at.UtcDateTime }, cancellationToken);

    private static CommandDefinition Command(string text, object? parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<int> ExecuteAsync(string text, object? parameters, CancellationToken cancellationToken) =>
        calls.RunAsync((connection, stop) => connection.ExecuteAsync(Command(text, parameters, stop)), cancellationToken);

    private Task<T> ScalarAsync<T>(string text, object? parameters, CancellationToken cancellationToken)
        where T : struct =>
        calls.RunAsync((connection, stop) => connection.ExecuteScalarAsync<T>(Command(text, parameters, stop)), cancellationToken);

    private Task<bool> HasRowAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, stop) => (await connection.QueryAsync<object>(Command(text, parameters, stop))).Any(), cancellationToken);

    private Task<TOut?> SingleAsync<TRow, TOut>(
        string text, object parameters, Func<TRow, TOut?> convert, CancellationToken cancellationToken)
        where TRow : class
        where TOut : class =>
        calls.RunAsync(
            async (connection, stop) =>
                await connection.QuerySingleOrDefaultAsync<TRow>(Command(text, parameters, stop)) is { } row ? convert(row) : null,
            cancellationToken);

    private Task<IReadOnlyList<TOut>> ListAsync<TRow, TOut>(
        string text, object? parameters, Func<TRow, TOut> convert, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<TOut>>(
            async (connection, stop) => [.. (await connection.QueryAsync<TRow>(Command(text, parameters, stop))).Select(convert)],
            cancellationToken);
}
