namespace ChunkUpload.Core.Access;

/// <summary>A browser that has signed in, as long as its row says so.</summary>
/// <param name="Id">Names the session in logs and antiforgery tokens; it opens nothing.</param>
/// <param name="ExpiresAt">However often it is used.</param>
public sealed record BrowserSession(
    Guid Id, string Tenant, string Subject, Scopes Scopes, DateTimeOffset CreatedAt, DateTimeOffset UsedAt, DateTimeOffset ExpiresAt)
{
    public Caller Caller => new(Tenant, Subject)
    {
        Scopes = Scopes,
        Credential = new Credential(CredentialKind.Session, Id.ToString("n")),
    };
}
