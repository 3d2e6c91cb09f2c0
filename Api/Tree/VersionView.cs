using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>A content of a file, the current one or an earlier one.</summary>
internal sealed record VersionView
{
    public const string Example = $$"""
        {"number":3,"size":20971520,"sha256":null,"modifiedAt":"2026-01-15T09:30:12.25Z","fileId":"{{Examples.Id}}",
         "by":"operator","with":"cu/1.0","protocol":"put","createdAt":"2026-01-15T09:30:12.500Z",
         "replacedAt":"2026-01-16T10:00:00.000Z","name":"Sent to the client","lostConflict":false,"leavesAt":null,
         "contentUrl":"/api/entries/{{Examples.Id}}/versions/3/content"}
        """;

    /// <summary>The number, from 1; a restored content gets a new number.</summary>
    public required int Number { get; init; }

    public required long Size { get; init; }

    /// <summary>Null until it is computed.</summary>
    public required string? Sha256 { get; init; }

    /// <summary>The time with up to nine decimals.</summary>
    public required string ModifiedAt { get; init; }

    /// <summary>The upload of the content.</summary>
    public required string FileId { get; init; }

    /// <summary>The subject that set it as the content.</summary>
    public required string By { get; init; }

    /// <summary>The program that sent it, from its User-Agent.</summary>
    public required string? With { get; init; }

    /// <summary>The protocol: session, put, tus, ietf or transfer.</summary>
    public required string Protocol { get; init; }

    /// <summary>When it became the content.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was replaced; null for the current content.</summary>
    public required DateTimeOffset? ReplacedAt { get; init; }

    /// <summary>The name of the version; null if it has none. A version with a name is kept as long as the file.</summary>
    public required string? Name { get; init; }

    /// <summary>
    /// Whether it was replaced by an upload that had started before it became the content; it is kept for at least 30 days.
    /// </summary>
    public required bool LostConflict { get; init; }

    /// <summary>
    /// When it may be freed at the earliest, if the service runs until then; null if it is kept until a newer content, another policy or
    /// the removal of the file ends it.
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

    /// <summary>Returns the time after a span, or null if there is none or it is out of range.</summary>
    public static DateTimeOffset? Later(DateTimeOffset now, TimeSpan? span) =>
        span is { } some && some < DateTimeOffset.MaxValue - now ? now + some : null;
}

/// <summary>A page of the versions of a file, with the policy that applies.</summary>
internal sealed record VersionListView
{
    public required IReadOnlyList<VersionView> Items { get; init; }

    /// <summary>Send it as cursor to get the next page; null on the last one.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>The policy for earlier contents; null if the trash keeps replaced contents for Files:KeepDeleted.</summary>
    public required VersionPolicyView? Policy { get; init; }

    /// <summary>The folder of the policy, which may be the root of the space; null for the service's own policy.</summary>
    public required string? PolicyFolder { get; init; }
}

/// <summary>
/// The policy for the earlier contents of each file: the parts are combined, and the oldest contents above the limit of bytes are removed.
/// </summary>
/// <param name="Last">The number of newest contents that are kept; null if only the bytes are limited.</param>
/// <param name="Hours">The number of hours for which the newest content of each hour is kept after it was replaced.</param>
/// <param name="Days">The number of days for which the newest content of each day is kept.</param>
/// <param name="Weeks">The number of weeks for which the newest content of each week is kept.</param>
/// <param name="Bytes">The maximum bytes of earlier contents of one file; null for no limit.</param>
internal sealed record VersionPolicyView(int? Last, int Hours, int Days, int Weeks, long? Bytes)
{
    public static VersionPolicyView? Of(VersionPolicy? policy) => policy is null
        ? null
        : new(policy.Last == VersionPolicy.All ? null : policy.Last, policy.Hours, policy.Days, policy.Weeks, policy.Bytes);
}
