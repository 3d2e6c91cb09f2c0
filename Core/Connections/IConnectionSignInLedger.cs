namespace ChunkUpload.Core.Connections;

/// <summary>Stores sign-ins that browsers have started at providers.</summary>
public interface IConnectionSignInLedger
{
    Task BeginAsync(
        byte[] token, byte[] browser, BegunConnection begun, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>
    /// Returns a started sign-in and removes it; null if there is none for this browser and this subject, or it has expired.
    /// </summary>
    Task<BegunConnection?> TakeAsync(
        byte[] token, byte[] browser, string tenant, string subject, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <param name="Title">The title of the new connection; null for the account's name.</param>
/// <param name="Connection">The one that is signed in again; null if a new one is made.</param>
/// <param name="Verifier">The PKCE verifier. It is secret.</param>
/// <param name="Redirect">The address to which the provider redirects the browser.</param>
public sealed record BegunConnection(
    string Tenant, string Subject, string Kind, string? Title, Guid? Connection, string Verifier, string Redirect)
{
    public SignInPurpose For => new(Tenant, Subject, Title, Connection);

    // The default implementation would write secret members to logs.
    public override string ToString() => $"{nameof(BegunConnection)} of {Subject}";
}
