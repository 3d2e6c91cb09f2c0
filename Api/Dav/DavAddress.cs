using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Tree;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Dav;

/// <summary>A path below /dav.</summary>
/// <param name="Name">The name of the space in the address; null for /dav itself.</param>
/// <param name="Path">The names from the root of the space.</param>
/// <param name="Slash">Whether it ends with a slash, as for a folder.</param>
internal sealed record DavAddress(string? Name, EntryId Space, IReadOnlyList<string> Path, bool Slash)
{
    /// <summary>Whether it is /dav or the root of a space, which are not entries and cannot be changed.</summary>
    public bool IsRoot => Path.Count == 0;

    /// <param name="change">Whether the request changes the space.</param>
    public static Task<(DavAddress? Address, Refusal? Refusal)> ReadAsync(HttpContext context, DavSpaces spaces, bool change)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        // If a program does not escape a question mark in a name, the path would be that of another resource.
        var reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        return target.Contains('?', StringComparison.Ordinal) && !reads
            ? Task.FromResult<(DavAddress?, Refusal?)>((null, Refusal.Of(
                RequestError.InvalidPath, "The address has a query, which WebDAV does not know. Escape a question mark as %3F.")))
            : ReadAsync(context, spaces, target, change);
    }

    /// <param name="target">An absolute address or path, as it was sent.</param>
    /// <param name="change">Whether the request changes the space.</param>
    public static async Task<(DavAddress? Address, Refusal? Refusal)> ReadAsync(
        HttpContext context, DavSpaces spaces, string target, bool change)
    {
        if (target.Contains('#', StringComparison.Ordinal))
            return (null, Refusal.Of(RequestError.InvalidPath, "The address has a fragment. Escape a number sign as %23."));
        if (!RawName.TryReadPath(target, DavRoutes.Root, out var names, out var slash))
            return (null, Refusal.Of(RequestError.InvalidPath, "The path must be UTF-8, percent-encoded without broken escapes."));
        if (names.Count == 0)
            return (new DavAddress(null, default, [], true), null);
        var path = names.Skip(1).ToList();
        if (change && path.Count > TreePath.MaxLevels)
            return (null, Refusal.Of(TreeRefusals.Of("too_deep")));
        if (TreePath.Fault(path) is { } fault)
            return (null, Refusal.Of(RequestError.InvalidPath, fault));
        var (space, failure) = await spaces.FindAsync(context.Caller(), names[0], change, context.RequestAborted);
        return failure is null ? (new DavAddress(names[0], space, path, slash), null) : (null, Refusal.Of(failure));
    }

    /// <summary>Returns the path of an entry of this space for clients.</summary>
    public string HrefOf(HttpContext context, IReadOnlyList<string> path, bool folder) => HrefOf(context, Name, path, folder);

    /// <param name="space">The name of the space; null for /dav itself.</param>
    public static string HrefOf(HttpContext context, string? space, IReadOnlyList<string> path, bool folder)
    {
        var names = space is null ? path : path.Prepend(space);
        var end = folder ? "/" : "";
        return PublicAddress.PathOf(
            context.Request, DavRoutes.Root + string.Concat(names.Select(name => "/" + Uri.EscapeDataString(name))) + end);
    }

    /// <summary>Finds the entry at this address. A file is not found if a slash follows its name.</summary>
    public async Task<Result<PlacedEntry>> FindAsync(FileTree tree, CancellationToken cancellationToken)
    {
        var found = await tree.FindAsync(Space, Path, cancellationToken);
        return found.Ok && (found.Value.Entry.Kind == EntryKind.Link || (Slash && found.Value.Entry.Kind == EntryKind.File))
            ? TreeRefusals.NoEntry()
            : found;
    }
}
