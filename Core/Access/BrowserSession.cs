namespace ChunkUpload.Core.Access;

/// <summary>A signed-in browser. It stays signed in while this row exists and has not expired.</summary>
/// <param name="Id">Identifies the session in logs and antiforgery tokens; it grants no access.</param>
/// <param name="ExpiresAt">The latest end, however often the session is used.</param>
public sealed record BrowserSession(
    Guid Id, string Tenant, string Subject, Scopes Scopes, DateTimeOffset CreatedAt, DateTimeOffset UsedAt, DateTimeOffset ExpiresAt)
{
    public Caller Caller => new(Tenant, Subject)
    {
        Scopes = Scopes,
        Credential = new Credential(CredentialKind.Session, Id.ToString("n")),
    };
}
