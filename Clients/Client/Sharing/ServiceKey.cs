namespace ChunkUpload.Client;

/// <summary>A key to make.</summary>
public sealed record NewKey
{
    /// <summary>The key's purpose, for people.</summary>
    public required string Name { get; init; }

    /// <summary>upload, read, delete, list and others (docs/login.md); at most those of the client's own key.</summary>
    public required IReadOnlyList<string> Rights { get; init; }

    /// <summary>How many days it is valid; null means until it is revoked. No key outlives the one that made it.</summary>
    public int? Days { get; init; }

    /// <summary>A key of the tenant, which acts as itself; only administrators make such keys. Else it acts as its user.</summary>
    public bool IsOfTenant { get; init; }
}

/// <summary>A key without its secret, which only its making shows.</summary>
public sealed record ServiceKey
{
    /// <summary>Names the key.</summary>
    public required string Id { get; init; }

    /// <summary>Its purpose, for people.</summary>
    public required string Name { get; init; }

    /// <summary>own: it acts as its user; tenant: as itself.</summary>
    public required string Kind { get; init; }

    /// <summary>How its newest secret begins.</summary>
    public required string Prefix { get; init; }

    /// <summary>What it permits at most.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was used last, to about a minute.</summary>
    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>A key that was made.</summary>
/// <param name="Key">What it permits.</param>
/// <param name="Secret">The key itself. The service stores only a digest of it.</param>
public sealed record MadeKey(ServiceKey Key, string Secret);
