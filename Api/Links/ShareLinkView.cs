using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Links;

/// <summary>A link as its managers see it. It lacks the token, which the service does not store.</summary>
internal record ShareLinkView(
    string Id, string Kind, string Title, string State, string MadeBy, string? Space, string? Entry, DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt)
{
    public long? MaxSize { get; init; }

    public long? MaxFiles { get; init; }

    public long? MaxBytes { get; init; }

    public IReadOnlyList<string> Types { get; init; } = [];

    public IReadOnlyList<string> Names { get; init; } = [];

    public bool Folders { get; init; }

    /// <summary>The priority of uploads: low or normal.</summary>
    public string Priority { get; init; } = "normal";

    /// <summary>The number of finished and unfinished files.</summary>
    public long Files { get; init; }

    /// <summary>Their bytes; for a file of unknown size, the bytes reserved for it.</summary>
    public long Bytes { get; init; }

    public long? MaxDownloads { get; init; }

    public long Downloads { get; init; }

    public bool HasPassword { get; init; }

    public static ShareLinkView Of(ShareLink link, DateTimeOffset now) => new(
        link.Id.ToString("n"), StateNames.Of(link.Kind), link.Title,
        link.RevokedAt is not null ? "revoked" : link.DisabledAt is not null ? "disabled" : link.HasEnded(now) ? "expired" : "open",
        link.MadeBy, link.Space?.ToString(), link.Entry?.ToString(), link.CreatedAt, link.ExpiresAt, link.RevokedAt)
    {
        MaxSize = link.Uploads.MaxSize,
        MaxFiles = link.Uploads.MaxFiles,
        MaxBytes = link.Uploads.MaxBytes,
        Types = link.Uploads.Types,
        Names = link.Uploads.Names,
        Folders = link.Uploads.Folders,
        Priority = link.Uploads.Priority.Word(),
        Files = link.Uploads.Files,
        Bytes = link.Uploads.Bytes,
        MaxDownloads = link.MaxDownloads,
        Downloads = link.Downloads,
        HasPassword = link.Password is not null,
    };

    public const string Example = $$"""
        {{{ExampleBody}}}
        """;

    public const string MadeExample = $$"""
        {"link":{{Example}},"token":"xXN3mQkTz0vJ1dR8uWcYb5hKpG2fLsA7eOi4tBnM6Vq",
         "url":"https://files.example.org/l/xXN3mQkTz0vJ1dR8uWcYb5hKpG2fLsA7eOi4tBnM6Vq"}
        """;

    public const string NewExample = """
        {"kind":"upload","title":"Photos of the site","path":"2026/site","parents":true,"expiresInSeconds":86400,"maxFiles":50,
         "maxSize":20971520,"types":["image/*"]}
        """;

    private const string ExampleBody = $$"""
        "id":"{{Examples.Id}}","kind":"upload","title":"Photos of the site","state":"open","madeBy":"operator","space":"{{Examples.Id}}",
         "entry":"{{Examples.Id}}","createdAt":"2026-01-15T09:30:00.000Z","expiresAt":"2026-01-16T09:30:00.000Z","revokedAt":null,
         "maxSize":20971520,"maxFiles":50,"maxBytes":null,"types":["image/*"],"names":[],"folders":false,"priority":"normal","files":3,
         "bytes":9437184,"maxDownloads":null,"downloads":0,"hasPassword":false
        """;
}

/// <param name="Token">The token, which is shown only now.</param>
/// <param name="Url">The address to share.</param>
internal sealed record MadeLinkView(ShareLinkView Link, string Token, string Url);
