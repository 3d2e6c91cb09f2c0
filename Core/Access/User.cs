namespace ChunkUpload.Core.Access;

/// <summary>A person. Operators may do everything in every tenant; other users have the rights of their memberships.</summary>
/// <param name="Name">For signing in: lower case, unique, and never changed.</param>
/// <param name="HasPassword">False until an invitation is accepted.</param>
public sealed record User(
    Guid Id, string Name, string DisplayName, string? Email, bool HasPassword, bool IsOperator, bool Enabled, bool HasSecondFactor,
    DateTimeOffset CreatedAt, DateTimeOffset? SignedInAt, IReadOnlyList<Membership> Memberships)
{
    public string Subject => Caller.UserSubject(Id);

    /// <summary>The user's rights in a tenant. <see cref="Scopes.None"/> if the user is not a member.</summary>
    public Scopes ScopesIn(string tenant) => !Enabled
        ? Scopes.None
        : IsOperator ? Scopes.All : RoleIn(tenant)?.Grants() ?? Scopes.None;

    public Role? RoleIn(string tenant) => Memberships.FirstOrDefault(membership => membership.Tenant == tenant)?.Role;

    /// <summary>The caller of the user's requests in a tenant; null if the user may not use it.</summary>
    public Caller? CallerIn(string tenant, Credential credential, Scopes most = Scopes.All)
    {
        var scopes = ScopesIn(tenant);
        return scopes == Scopes.None
            ? null
            : new Caller(tenant, Subject)
            {
                Scopes = scopes & most,
                SeesAll = (scopes & most).HasFlag(Scopes.Admin),
                Credential = credential,
                IsGuest = !IsOperator && RoleIn(tenant) == Role.Guest,
            };
    }
}

public sealed record Membership(string Tenant, Role Role);

/// <param name="Password">The hash that the user's password must match; null while there is none.</param>
/// <param name="SecondFactor">The protected secret of the second factor, also before it is confirmed; null if there is none.</param>
public sealed record UserSecrets(User User, string? Password, string? SecondFactor, long SecondFactorStep);
