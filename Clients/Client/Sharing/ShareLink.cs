namespace ChunkUpload.Client;

/// <summary>What a link permits.</summary>
public enum LinkKind
{
    /// <summary>Its holder fetches a file, or what is in a folder.</summary>
    Download,

    /// <summary>Its holder sends files.</summary>
    Upload,
}

/// <summary>A link to make. What is left out is not limited.</summary>
public sealed record NewLink
{
    /// <summary>What the link permits.</summary>
    public LinkKind Kind { get; init; }

    /// <summary>What a download link shows, or the folder of an upload link; null if uploads get no place in the tree.</summary>
    public string? Path { get; init; }

    /// <summary>The id of the space of the path; null means the default one.</summary>
    public string? Space { get; init; }

    /// <summary>The title on the link's page.</summary>
    public string? Title { get; init; }

    /// <summary>How long the link lives, from now on; null means seven days.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>A password, which the holder of the link has to know.</summary>
    public string? Password { get; init; }

    /// <summary>How often a download link can be used.</summary>
    public long? MaxDownloads { get; init; }

    /// <summary>The bytes of one file that comes through an upload link.</summary>
    public long? MaxSize { get; init; }

    /// <summary>How many files come through an upload link.</summary>
    public long? MaxFiles { get; init; }

    /// <summary>The bytes of all of them together.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Media types that an upload link takes, such as image/*.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Patterns of names that an upload link takes, such as *.jpg.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Gets a value that indicates whether the holder of an upload link names folders below that of the link.</summary>
    public bool Folders { get; init; }
}

/// <summary>A link without its address, which only its making shows.</summary>
public sealed record ShareLink
{
    /// <summary>Names the link.</summary>
    public required string Id { get; init; }

    /// <summary>download or upload.</summary>
    public required string Kind { get; init; }

    /// <summary>The title on its page.</summary>
    public string Title { get; init; } = "";

    /// <summary>open, expired, revoked or disabled.</summary>
    public required string State { get; init; }

    /// <summary>The id of the entry that it is for; null if uploads get no place in the tree.</summary>
    public string? Entry { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The bytes of one file.</summary>
    public long? MaxSize { get; init; }

    /// <summary>How many files may come.</summary>
    public long? MaxFiles { get; init; }

    /// <summary>The bytes of all of them together.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Files that have come or are on their way.</summary>
    public long Files { get; init; }

    /// <summary>How often it may be used.</summary>
    public long? MaxDownloads { get; init; }

    /// <summary>How often it was used.</summary>
    public long Downloads { get; init; }

    /// <summary>Gets a value that indicates whether it asks for a password.</summary>
    public bool HasPassword { get; init; }
}

/// <summary>A link that was made.</summary>
/// <param name="Link">What it permits.</param>
/// <param name="Address">What its holder gets. The service does not store it.</param>
public sealed record MadeLink(ShareLink Link, Uri Address);
