using ChunkUpload.Api.Tree;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// Binds an upload that begins to its place: one through a link to the link's folder, every other one to where its client wants it.
/// </summary>
internal static class LinkTargets
{
    /// <param name="wanted">Null if the client gives no path.</param>
    /// <param name="name">The file's name then.</param>
    /// <returns>No target: the upload stays unfiled.</returns>
    public static async Task<(FileTarget? Target, UploadFailure? Failure)> BindAsync(
        HttpContext context, FileTree tree, UploadTarget? wanted, string name, bool atOnce)
    {
        if (context.Caller().Grant is { } grant)
            return Of(grant, wanted, name);
        if (wanted is null)
            return (null, null);
        var bound = await wanted.BindAsync(tree, context.Caller(), atOnce, context.RequestAborted);
        return (bound.Value, bound.Failure);
    }

    /// <summary>Through a link no file is replaced: a name that is taken gets a number.</summary>
    public static (FileTarget? Target, UploadFailure? Failure) Of(LinkGrant grant, UploadTarget? wanted, string name)
    {
        // Strangers choose these names, so each becomes one that may be given out.
        IReadOnlyList<string> path = [.. (wanted?.Path ?? [name]).Select(FileNameRule.MakeSafe)];
        if (LinkRules.Target(grant.Link, path) is not { } bound)
            return (null, null);
        return bound.Ok ? (bound.Value with { Modified = wanted?.Modified }, null) : (null, bound.Failure);
    }
}
