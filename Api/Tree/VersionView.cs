using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>A content of a file, the present one or an earlier one.</summary>
internal sealed record VersionView
{
    public const string Example = $$"""
        {"number":3,"size":20971520,"sha256":null,"modifiedAt":"2026-01-15T09:30:12.25Z","fileId":"{{Examples.Id}}",
         "by":"operator","with":"cu/1.0","protocol":"put","createdAt":"2026-01-15T09:30:12.500Z",
         "replacedAt":"2026-01-16T10:00:00.000Z","name":"Sent to the client","lostConflict":false,"leavesAt":null,
         "contentUrl":"/api/entries/{{Examples.Id}}/versions/3/content"}
        """;

    /// <summary>From 1; a restored content gets a new number.</summary>
    public required int Number { get; init; }

    public required long Size { get; init; }

    /// <summary>Null until it is computed.</summary>
    public required string? Sha256 { get; init; }

    /// <summary>With up to nine decimals.</summary>
    public required string ModifiedAt { get; init; }

    /// <summary>The upload that brought the content.</summary>
    public required string FileId { get; init; }

    /// <summary>The subject that made it the content.</summary>
    public required string By { get; init; }

    /// <summary>The program that sent it, as it named itself.</summary>
    public required string? With { get; init; }

    /// <summary>How it was sent: session, put, tus, ietf or transfer.</summary>
    public required string Protocol { get; init; }

    /// <summary>When it became the content.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null for the present content.</summary>
    public required DateTimeOffset? ReplacedAt { get; init; }

    /// <summary>A version with a name stays as long as the file.</summary>
    public required string? Name { get; init; }

    /// <summary>It was replaced by an upload that had begun before it became the content; it stays for at least 30 days.</summary>
    public required bool LostConflict { get; init; }

    /// <summary>
    /// When it may be freed at the earliest, if the service runs until then. Null means only a newer content, another policy or the removal
    /// of the file ends it.
    /// </summary>
    public required DateTimeOffset? LeavesAt { get; init; }

    public required string ContentUrl { get; init; }

    public static VersionView Of(Entry entry, FileVersion version, DateTimeOffset now) => new()
    {
        Number = version.Number,
        Size = version.Size,
        Sha256 = version.Sha256?.ToString(),
        ModifiedAt = version.Modified.ToString(),
        FileId = version.Upload.ToString(),
        By = version.Subject,
        With = version.UserAgent,
        Protocol = StateNames.Of(version.Protocol),
        CreatedAt = version.CreatedAt,
        ReplacedAt = version.ReplacedAt,
        Name = version.Label,
        LostConflict = version.LostConflict,
        LeavesAt = Later(now, version.LeavesIn),
        ContentUrl = $"/api/entries/{entry.Id}/versions/{version.Number}/content",
    };

    /// <summary>The time after a span, or null if there is none or it lies beyond the calendar.</summary>
    public static DateTimeOffset? Later(DateTimeOffset now, TimeSpan? span) =>
        span is { } some && some < DateTimeOffset.MaxValue - now ? now + some : null;
}

/// <summary>A page of the versions of a file, with what decides about them.</summary>
internal sealed record VersionListView
{
    public required IReadOnlyList<VersionView> Items { get; init; }

    /// <summary>Send it as cursor to get the next page; null on the last one.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>What is kept of earlier contents; null if the trash keeps what was replaced for Files:KeepDeleted.</summary>
    public required VersionPolicyView? Policy { get; init; }

    /// <summary>The folder whose policy it is, which may be the root of the space; null if it is the service's own.</summary>
    public required string? PolicyFolder { get; init; }
}

/// <summary>
/// What is kept of the earlier contents of each file: the parts add up, and the limit of bytes then takes the oldest.
/// </summary>
/// <param name="Last">How many of the newest stay; null means as many as the bytes allow.</param>
/// <param name="Hours">For how many hours after it was replaced the newest content of each hour stays.</param>
/// <param name="Days">For how many days the newest content of each day stays.</param>
/// <param name="Weeks">For how many weeks the newest content of each week stays.</param>
/// <param name="Bytes">The most bytes of earlier contents of one file; null means any number.</param>
internal sealed record VersionPolicyView(int? Last, int Hours, int Days, int Weeks, long? Bytes)
{
    public static VersionPolicyView? Of(VersionPolicy? policy) => policy is null
        ? null
        : new(policy.Last == VersionPolicy.All ? null : policy.Last, policy.Hours, policy.Days, policy.Weeks, policy.Bytes);
}
