namespace ChunkUpload.Core.Connections;

public enum ConnectionState
{
    Ready = 1,

    /// <summary>The provider accepts the saved sign-in no more; only its owner can renew it.</summary>
    NeedsSignIn,

    /// <summary>An administrator at the provider has to approve the application first.</summary>
    NeedsApproval,

    /// <summary>The application's own secret has ended, which the service's operator mends.</summary>
    AppSecretEnded,

    /// <summary>A backup was restored: two services must not use one sign-in.</summary>
    Disabled,
}

/// <summary>An account or a place elsewhere that a user has added.</summary>
/// <param name="Subject">Whose it is. Nobody else sees or uses it.</param>
/// <param name="Kind">The name of its connector.</param>
/// <param name="Account">The account as the provider calls it; null before it was asked.</param>
public sealed record Connection(
    Guid Id, string Tenant, string Subject, string Kind, string Title, string? Account, ConnectionState State, DateTimeOffset StateAt,
    DateTimeOffset MadeAt)
{
    /// <summary>The account as the provider knows it, whatever its name is; null before it was asked.</summary>
    public string? AccountId { get; init; }

    /// <summary>Where the storage is, for kinds whose address the user chooses. Nothing in it is a secret.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = NoSettings;

    /// <summary>The last error, one sentence.</summary>
    public string? Error { get; init; }
    public DateTimeOffset? ErrorAt { get; init; }
    public long? UsedBytes { get; init; }

    /// <summary>Null: the provider names no limit, or was not asked yet.</summary>
    public long? TotalBytes { get; init; }
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>The operator gives it to its user, who can neither rename nor remove it.</summary>
    public bool IsGiven { get; init; }
    public bool CanRead { get; init; } = true;
    public bool CanWrite { get; init; } = true;
    /// <summary>Whether its owner was mailed that it does not work.</summary>
    public bool Mailed { get; init; }

    /// <summary>How many transfers use it that have not ended.</summary>
    public int Transfers { get; init; }

    /// <summary>Of the stored secret (<see cref="HeldSecret"/>), when the connection was read.</summary>
    public long SecretEpoch { get; init; }

    /// <summary>Whether this is its account. Ids of files mean nothing in another one: transfers would fail, or find others.</summary>
    public bool IsOf(StorageAccount account) => AccountId is { } known && account.Id is { } id
        ? known == id
        : Account is not { } name || account.Name is not { } other || name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static readonly IReadOnlyDictionary<string, string> NoSettings = new Dictionary<string, string>();
}

public enum SecretKind
{
    /// <summary>A refresh token of OAuth 2.</summary>
    RefreshToken = 1,

    /// <summary>The JSON of a service account's key.</summary>
    ServiceAccount,

    /// <summary>The JSON of an access key: its id and its secret.</summary>
    AccessKey,
}

/// <summary>What opens a connection.</summary>
/// <param name="Value">The refresh token or the key.</param>
/// <param name="AccessToken">The last access token, so that a restart need not ask for another one.</param>
public sealed record ConnectionSecret(SecretKind Kind, string Value, string? AccessToken, DateTimeOffset? AccessEndsAt)
{
    // A record prints its members, and a log must not have them.
    public override string ToString() => $"{nameof(ConnectionSecret)} of kind {Kind}";
}

/// <summary>A secret that is tried before it is kept. A refresh token that the provider replaces meanwhile takes its place.</summary>
public sealed class SecretTrial(ConnectionSecret secret)
{
    public ConnectionSecret Secret { get; set; } = secret;
}

/// <param name="Epoch">Rises with each change, so that an older refresh cannot overwrite a newer one.</param>
public sealed record HeldSecret(ConnectionSecret Secret, long Epoch);
