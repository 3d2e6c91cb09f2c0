namespace ChunkUpload.Core.Access;

/// <summary>A signed-in browser. It stays signed in while this row exists and has not expired.</summary>
/// <param name="Id">Identifies the session in logs and antiforgery tokens; it grants no access.</param>
/// <param name="User">Null for a session of the operator key.</param>
/// <param name="ExpiresAt">When the session ends at the latest, even if it is in use.</param>
public sealed record BrowserSession(
    Guid Id, string Tenant, Guid? User, BrowserOrigin Origin, DateTimeOffset CreatedAt, DateTimeOffset UsedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>The SHA-256 of the operator key that the session was opened with; null for a session of a user.</summary>
    public byte[]? OperatorKey { get; init; }

    /// <summary>The user's account as it is now; null if it was removed.</summary>
    public User? Person { get; init; }

    /// <summary>Gets a value that indicates whether the tenant of the session can be used.</summary>
    public bool TenantIsActive { get; init; } = true;

    /// <summary>Returns whether the session has neither expired nor been unused for too long.</summary>
    public bool IsAliveAt(DateTimeOffset now) => now < ExpiresAt && now < UsedAt + BrowserSessions.IdleTime;

    /// <summary>The caller of the session's requests; null if the user may no longer use the session's tenant.</summary>
    public Caller? Caller
    {
        get
        {
            var credential = new Credential(CredentialKind.Session, Id.ToString("n"));
            if (User is null)
                return Access.Caller.Operator with { Tenant = Tenant, Credential = credential };
            return TenantIsActive || Person is { IsOperator: true } ? Person?.CallerIn(Tenant, credential) : null;
        }
    }
}

/// <param name="Client">The browser's User-Agent.</param>
/// <param name="Address">The address from which the user signed in.</param>
public sealed record BrowserOrigin(string? Client, string? Address);
