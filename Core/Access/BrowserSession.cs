namespace ChunkUpload.Core.Access;

/// <summary>A signed-in browser. It stays signed in while this row exists and has not expired.</summary>
/// <param name="Id">Identifies the session in logs and antiforgery tokens; it grants no access.</param>
/// <param name="User">Null for a session of the operator key.</param>
/// <param name="ExpiresAt">The latest end, however often the session is used.</param>
public sealed record BrowserSession(
    Guid Id, string Tenant, Guid? User, BrowserOrigin Origin, DateTimeOffset CreatedAt, DateTimeOffset UsedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>The SHA-256 of the operator key that the session was opened with; null for a session of a user.</summary>
    public byte[]? OperatorKey { get; init; }

    /// <summary>The user's account as it is now; null if there is none any more.</summary>
    public User? Person { get; init; }

    /// <summary>Whether the tenant of the session can be used.</summary>
    public bool TenantIsActive { get; init; } = true;

    /// <summary>Whether it has neither expired nor been unused for too long.</summary>
    public bool IsAliveAt(DateTimeOffset now) => now < ExpiresAt && now < UsedAt + BrowserSessions.IdleTime;

    /// <summary>Null if the user may not use the session's tenant any more.</summary>
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
/// <param name="Address">Where the sign-in came from.</param>
public sealed record BrowserOrigin(string? Client, string? Address);
