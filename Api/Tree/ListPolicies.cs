using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>The policies of a space, and the size of its earlier contents.</summary>
internal sealed record SpaceVersionsView
{
    public required IReadOnlyList<FolderPolicyView> Policies { get; init; }

    /// <summary>The policy that applies if no folder has one; null if the trash keeps replaced contents for Files:KeepDeleted.</summary>
    public required VersionPolicyView? Default { get; init; }

    /// <summary>The bytes of all earlier contents in the space, including its trash.</summary>
    public required long Bytes { get; init; }

    /// <summary>The number of earlier contents that are removed within seven days; null if there are too many to count.</summary>
    public required long? LeavingVersions { get; init; }

    public required long? LeavingBytes { get; init; }

    public static SpaceVersionsView Of(SpaceVersions versions, DateTimeOffset now) => new()
    {
        Policies = [.. versions.Policies.Select(policy => FolderPolicyView.Of(policy, now))],
        Default = VersionPolicyView.Of(versions.Default),
        Bytes = versions.Bytes,
        LeavingVersions = versions.Leaving?.Count,
        LeavingBytes = versions.Leaving?.Bytes,
    };
}

/// <param name="Folder">The id of the folder; that of the space if it is the policy of the whole space.</param>
/// <param name="Path">The path of the folder, empty for the whole space; null if the folder is in the trash.</param>
/// <param name="SettlesAt">The time before which no content is removed that was an earlier content when the policy was set.</param>
internal sealed record FolderPolicyView(
    string Folder, string? Path, VersionPolicyView Policy, DateTimeOffset SetAt, string SetBy, DateTimeOffset? SettlesAt)
{
    public static FolderPolicyView Of(FolderPolicy policy, DateTimeOffset now) => new(
        policy.Folder.ToString(), policy.Path is { } path ? TreePath.Join(path) : null, VersionPolicyView.Of(policy.Policy)!, policy.SetAt,
        policy.SetBy, policy.SettlesIn > TimeSpan.Zero ? VersionView.Later(now, policy.SettlesIn) : null);
}

/// <summary>GET /api/spaces/{space}/versions: returns the policies for earlier contents of files.</summary>
internal static class ListPolicies
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/spaces/{space}/versions", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, FileVersions versions, TimeProvider time)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } fault)
            return fault;
        var (space, refusal) = await TreeAddress.SpaceOfAsync(context, tree, change: false);
        if (refusal is not null)
            return refusal;
        var found = await versions.PoliciesAsync(space, context.RequestAborted);
        return JsonAnswer.Of(SpaceVersionsView.Of(found, time.GetUtcNow()), ApiJson.Out.SpaceVersionsView);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(ListPolicies), "Show what is kept of earlier contents",
        "The policies of the space and of folders in it, the bytes of all earlier contents, and how many of them are let go within a week. "
            + "`PATCH /api/spaces/{space}` sets a policy.")
    {
        Answers =
        [
            new(200, "The policies.", typeof(SpaceVersionsView), $$"""
                {"policies":[{"folder":"{{Examples.Id}}","path":"",
                  "policy":{"last":10,"hours":24,"days":30,"weeks":52,"bytes":null},"setAt":"2026-01-15T09:30:12.250Z","setBy":"operator",
                  "settlesAt":"2026-01-22T09:30:12.000Z"}],
                 "default":null,"bytes":20971520,"leavingVersions":0,"leavingBytes":0}
                """),
        ],
        Errors = [UploadError.NoEntry, RequestError.InvalidParameter],
    };
}
