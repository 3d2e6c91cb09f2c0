using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Core.Connections;

public enum ConnectionState
{
    Ready = 1,

    /// <summary>The provider no longer accepts the stored sign-in. Only the owner can renew it.</summary>
    NeedsSignIn,

    /// <summary>An administrator at the provider has to approve the application first.</summary>
    NeedsApproval,

    /// <summary>The application's own secret has expired. The service's operator must replace it.</summary>
    AppSecretEnded,

    /// <summary>A backup was restored, and two services must not use the same sign-in.</summary>
    Disabled,
}

/// <summary>An account or location at an external storage that a user has added.</summary>
/// <param name="Subject">The owner. No other user can see or use it.</param>
/// <param name="Kind">The name of its connector.</param>
/// <param name="Account">The account's name at the provider; null until it is known.</param>
public sealed record Connection(
    Guid Id, string Tenant, string Subject, string Kind, string Title, string? Account, ConnectionState State, DateTimeOffset StateAt,
    DateTimeOffset MadeAt)
{
    /// <summary>The account's id at the provider, which stays the same if the name changes; null until it is known.</summary>
    public string? AccountId { get; init; }

    /// <summary>The location of the storage, for kinds whose address the user chooses. It contains no secret.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = NoSettings;

    /// <summary>The last error, one sentence.</summary>
    public string? Error { get; init; }
    public DateTimeOffset? ErrorAt { get; init; }
    public long? UsedBytes { get; init; }

    /// <summary>Null if the provider names no limit, or was not asked yet.</summary>
    public long? TotalBytes { get; init; }
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>The operator has provided it. The user can neither rename nor remove it.</summary>
    public bool IsGiven { get; init; }

    /// <summary>The other node on whose machine it is; null for what this node reaches.</summary>
    public FolderNode? Node { get; init; }
    public bool CanRead { get; init; } = true;
    public bool CanWrite { get; init; } = true;
    /// <summary>Gets a value that indicates whether the owner was notified by mail that it does not work.</summary>
    public bool Mailed { get; init; }

    /// <summary>The number of unfinished transfers that use it.</summary>
    public int Transfers { get; init; }

    /// <summary>The epoch of the stored secret (<see cref="HeldSecret"/>) when the connection was read.</summary>
    public long SecretEpoch { get; init; }

    /// <summary>
    /// Returns whether the connection is of this account. File ids of another account would be invalid or mean other files.
    /// </summary>
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

/// <summary>The secret of a connection.</summary>
/// <param name="Value">The refresh token or the key.</param>
/// <param name="AccessToken">The last access token, so that no new one is needed after a restart.</param>
public sealed record ConnectionSecret(SecretKind Kind, string Value, string? AccessToken, DateTimeOffset? AccessEndsAt)
{
    // The default implementation would write secret members to logs.
    public override string ToString() => $"{nameof(ConnectionSecret)} of kind {Kind}";
}

/// <summary>
/// A secret that is tested before it is stored. If the provider replaces the refresh token during the test, the new one is stored.
/// </summary>
public sealed class SecretTrial(ConnectionSecret secret)
{
    public ConnectionSecret Secret { get; set; } = secret;
}

/// <param name="Epoch">Increases with each change, so that an older refresh cannot overwrite a newer one.</param>
public sealed record HeldSecret(ConnectionSecret Secret, long Epoch);
