using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers;

/// <summary>Finds the caller with whose rights a transfer works at this moment.</summary>
public sealed class TransferOwners(IUserLedger users, ITenantLedger tenants, ICredentialLedger credentials, TimeProvider time)
{
    /// <summary>
    /// Null when the owner may make no transfers any more: disabled, removed, without the scope, with an ended key, or in a suspended
    /// tenant.
    /// </summary>
    public async Task<Caller?> CallerAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        var caller = await FindAsync(transfer, cancellationToken);
        if (caller is null || caller.Subject != transfer.Subject || caller.Tenant != transfer.Tenant)
            return null;
        var scopes = caller.Scopes & transfer.Scopes;
        return scopes.HasFlag(Scopes.Transfers)
            ? caller with { Scopes = scopes, SeesAll = caller.SeesAll && scopes.HasFlag(Scopes.Admin) }
            : null;
    }

    private async Task<Caller?> FindAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        if (transfer.ApiKey is { } key)
            return (await credentials.KeyAsync(key, cancellationToken))?.CallerAt(time.GetUtcNow());
        if (await tenants.FindAsync(transfer.Tenant, cancellationToken) is not { IsActive: true })
            return null;
        if (SubjectId.Parse(transfer.Subject)?.User is { } user)
            return (await users.FindAsync(user, cancellationToken))?.CallerIn(transfer.Tenant, default);
        return transfer.Subject == Caller.Operator.Subject ? Caller.Operator with { Tenant = transfer.Tenant }
            : transfer.Subject == Caller.Anonymous.Subject ? Caller.Anonymous with { Tenant = transfer.Tenant }
            : null;
    }
}
