using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Tree;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Tree;

/// <summary>A path in a space, from a URL.</summary>
/// <param name="Slash">Whether it ends with a slash, as for a folder.</param>
internal sealed record TreeAddress(EntryId Space, IReadOnlyList<string> Path, bool Slash)
{
    public const string Root = "/api/tree";

    public static string SpaceRoot(string space) => $"/api/spaces/{space}/tree";

    /// <summary>Reads the request line, because the framework decodes a path in a way that cannot be undone.</summary>
    public static async Task<(TreeAddress? Address, Refusal? Refusal)> ReadAsync(HttpContext context, FileTree tree, bool change)
    {
        var (id, refusal) = await SpaceOfAsync(context, tree, change);
        if (refusal is not null)
            return (null, refusal);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RawName.TryReadPath(target, RootOf(NameOf(context)), out var names, out var slash))
            return (null, Refusal.Of(RequestError.InvalidPath, "The path must be UTF-8, percent-encoded without broken escapes."));
        if (TreePath.Fault(names) is { } fault)
            return (null, Refusal.Of(RequestError.InvalidPath, fault));
        return (new TreeAddress(id, names, slash), null);
    }

    /// <summary>Returns the space in the request, or the default one.</summary>
    /// <param name="change">Whether the request changes the space.</param>
    public static Task<(EntryId Space, Refusal? Refusal)> SpaceOfAsync(HttpContext context, FileTree tree, bool change) =>
        SpaceOfAsync(context, tree, NameOf(context), change);

    /// <param name="space">The space; null for the default one.</param>
    /// <param name="change">Whether the request changes the space.</param>
    public static async Task<(EntryId Space, Refusal? Refusal)> SpaceOfAsync(
        HttpContext context, FileTree tree, string? space, bool change)
    {
        var caller = context.Caller();
        if (space is null && caller.IsGuest)
            return (default, Refusal.Of(TreeRefusals.NoEntry()));
        if (space is null)
            return (await tree.DefaultSpaceAsync(caller, context.RequestAborted), null);
        if (!EntryId.TryParse(space, out var id))
            return (default, Refusal.Of(TreeRefusals.NoEntry()));
        var found = await tree.SpaceAsync(caller, id, change, context.RequestAborted);
        return (id, found.Ok ? null : Refusal.Of(found.Failure));
    }

    /// <summary>Returns the address of a path in the default space, or in the space of the request.</summary>
    public static string Of(HttpContext context, IReadOnlyList<string> path) => Of(NameOf(context), path);

    /// <param name="space">The space; null for the default one.</param>
    public static string Of(string? space, IReadOnlyList<string> path) =>
        RootOf(space) + string.Concat(path.Select(name => "/" + Uri.EscapeDataString(name)));

    private static string? NameOf(HttpContext context) => context.Request.RouteValues["space"] as string;

    private static string RootOf(string? space) => space is null ? Root : SpaceRoot(space);
}
