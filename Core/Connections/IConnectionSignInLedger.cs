namespace ChunkUpload.Core.Connections;

/// <summary>Stores sign-ins that browsers have begun at providers.</summary>
public interface IConnectionSignInLedger
{
    Task BeginAsync(
        byte[] token, byte[] browser, BegunConnection begun, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Takes a begun sign-in, once. Null if there is none for this browser and this subject, or it has expired.</summary>
    Task<BegunConnection?> TakeAsync(
        byte[] token, byte[] browser, string tenant, string subject, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <param name="Title">Of the connection that is made; null: the account's name.</param>
/// <param name="Connection">The one that is signed in again; null: a new one is made.</param>
/// <param name="Verifier">Proves to the provider that the code comes from where the sign-in began. A secret.</param>
/// <param name="Redirect">Where the provider sends the browser back to.</param>
public sealed record BegunConnection(
    string Tenant, string Subject, string Kind, string? Title, Guid? Connection, string Verifier, string Redirect)
{
    public SignInPurpose For => new(Tenant, Subject, Title, Connection);

    // A record prints its members, and a log must not have them.
    public override string ToString() => $"{nameof(BegunConnection)} of {Subject}";
}
