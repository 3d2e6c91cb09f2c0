namespace ChunkUpload.Core.Access;

/// <summary>
/// Decides what a caller may manage: operators manage everything, other users the tenants that they administer. Nobody can grant more
/// rights than they have.
/// </summary>
public sealed class Authority
{
    private readonly Caller _caller;
    private readonly IReadOnlyList<string> _tenants;

    private Authority(Caller caller, IReadOnlyList<string> tenants)
    {
        _caller = caller;
        _tenants = tenants;
    }

    public bool IsOperator => _caller.Scopes.HasFlag(Scopes.Operate | Scopes.Admin);

    /// <summary>Gets a value that indicates whether the caller may grant everything, as the holder of the operator key may.</summary>
    public bool GrantsAll => _caller.Scopes.HasFlag(Scopes.All);

    public static async Task<Authority> OfAsync(Caller caller, IPeopleLedger people, CancellationToken cancellationToken)
    {
        if (!caller.Scopes.HasFlag(Scopes.Admin))
            return new Authority(caller, []);
        // A browser session belongs to its user in every tenant; a key belongs to one tenant.
        return caller is { Credential.Kind: CredentialKind.Session, User: { } id }
            && await people.FindUserAsync(id, cancellationToken) is { IsOperator: false } user
            ? new Authority(caller, [.. user.Memberships.Where(one => one.Role == Role.Admin).Select(one => one.Tenant)])
            : new Authority(caller, [caller.Tenant]);
    }

    public bool Administers(string tenant) => IsOperator || _tenants.Contains(tenant);

    public bool Sees(User user) => IsOperator || user.Memberships.Any(one => Administers(one.Tenant));

    /// <summary>
    /// Returns whether the caller may change the user's account, reset the password or remove the user: the caller administers every
    /// membership, and has every right that the user has.
    /// </summary>
    public bool Manages(User user) => user.IsOperator
        ? GrantsAll
        : (IsOperator || user.Memberships.Count > 0) && user.Memberships.All(one => Administers(one.Tenant) && MayGrant(one.Role));

    public bool MayGrant(Role role) => MayGrant(role.Grants());

    public bool MayGrant(Scopes scopes) => (scopes & ~_caller.Scopes) == Scopes.None;
}
