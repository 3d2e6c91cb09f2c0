using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Links;

/// <summary>
/// Serves a download link: /l/{token}/content for a file; /l/{token}/tree/{path} and /l/{token}/archive.zip for a folder. 1. check the
/// password; 2. find the shared entry by its id, with its creator's rights; 3. find the entry below it; 4. count the download; 5. respond.
/// </summary>
internal static class GetLinkContent
{
    private const string Tree = LinkRequest.Root + "/tree";
    private const string LinkKind = "link";

    private static readonly Pages Pages = new("link-folder", 200, 200, CursorParts.Text);

    public static void Map(IEndpointRouteBuilder routes)
    {
        Own(routes.MapGet(LinkRequest.Root + "/content", WholeAsync));
        Own(routes.MapGet(LinkRequest.Root + "/tree/{**path}", BelowAsync));
        Own(routes.MapGet(LinkRequest.Root + "/archive.zip", ArchiveAsync));

        static void Own(RouteHandlerBuilder route) =>
            route.AlsoForHead().RequireAuthorization(AccessPolicy.Link).ReachedByLink(ShareLinkKind.Download)
                .WithMetadata(new UndocumentedTraffic(CreatesUpload: false)).ExcludeFromDescription();
    }

    private static async Task<IResult> WholeAsync(
        HttpContext context, FileTree tree, UploadCatalog catalog, ContentReader reader, ILinkLedger links, LinkPassword password,
        ApiMeter meter)
    {
        var (shared, refusal) = await OpenAsync(context, tree, password);
        return refusal ?? await FileAsync(context, shared!.Entry, catalog, reader, links, meter);
    }

    private static async Task<IResult> BelowAsync(
        HttpContext context, FileTree tree, ITreeLedger ledger, UploadCatalog catalog, ContentReader reader, FolderArchive archive,
        ILinkLedger links, LinkPassword password, ApiMeter meter)
    {
        var (shared, refusal) = await OpenAsync(context, tree, password);
        if (refusal is not null)
            return refusal;
        var line = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RawName.TryReadPath(line, Tree, out var names, out _))
            return Refusal.Of(RequestError.InvalidPath, "The path must be UTF-8, percent-encoded without broken escapes.");
        if (TreePath.Fault(names) is { } fault)
            return Refusal.Of(RequestError.InvalidPath, fault);

        // 3. Below the shared folder's id: a path from the root could be that of another folder if the shared one is moved.
        var entry = shared!.Entry;
        if (names.Count > 0)
        {
            if (entry.Kind != EntryKind.Folder
                || (await ledger.FindManyAsync(entry.Id, [names], context.RequestAborted))[0] is not { } below)
                return Refusal.Of(TreeRefusals.NoEntry());
            entry = below;
        }

        if (entry.Kind != EntryKind.Folder)
            return await FileAsync(context, entry, catalog, reader, links, meter);
        return FolderArchive.IsAskedFor(context.Request)
            ? await CountAsync(context, entry, links)
                ?? await archive.AnswerAsync(context, new PlacedEntry([.. shared.Path, .. names], entry))
            : await FolderAsync(context, entry, ledger);
    }

    private static async Task<IResult> ArchiveAsync(
        HttpContext context, FileTree tree, FolderArchive archive, ILinkLedger links, LinkPassword password)
    {
        var (shared, refusal) = await OpenAsync(context, tree, password);
        if (refusal is not null)
            return refusal;
        if (shared!.Entry.Kind != EntryKind.Folder)
            return Refusal.Of(TreeRefusals.NotFolder([shared.Entry.Name]));
        return await CountAsync(context, shared.Entry, links) ?? await archive.AnswerAsync(context, shared);
    }

    private static async Task<(PlacedEntry? Shared, Refusal? Refusal)> OpenAsync(
        HttpContext context, FileTree tree, LinkPassword password)
    {
        // 1. Check the password.
        var grant = context.Caller().Grant!;
        if (!password.IsGiven(context, grant.Link))
            return (null, LinkPassword.Locked);

        // 2. Find the shared entry by its id, with its creator's rights.
        var found = await tree.FindAsync(grant.Maker, grant.Link.Entry!.Value, change: false, context.RequestAborted);
        return found.Ok ? (found.Value, null) : (null, Refusal.Of(found.Failure));
    }

    private static async Task<IResult> FileAsync(
        HttpContext context, Entry entry, UploadCatalog catalog, ContentReader reader, ILinkLedger links, ApiMeter meter)
    {
        if (entry.Upload is not { } upload)
            return Refusal.Of(UploadError.NotFile, "This is no file; files and folders below it are at …/tree/ below the link.");
        var file = await catalog.FileAsync(context.Reader(), upload, context.RequestAborted);
        if (!file.Ok)
            return Refusal.Of(file.Failure);
        return await CountAsync(context, entry, links)
            ?? GetFileContent.Answer(context, new FileContent(file.Value, entry), reader, meter);
    }

    // 4. Count the download.
    private static async Task<Refusal?> CountAsync(HttpContext context, Entry entry, ILinkLedger links)
    {
        var link = context.Caller().Grant!.Link;
        return HttpMethods.IsHead(context.Request.Method)
            || await links.CountDownloadAsync(
                link.Id, entry.Id, SignInAttempts.KeyOf(context.Connection.RemoteIpAddress), context.RequestAborted)
            ? null
            : Refusal.Of(UploadError.LinkClosed, "All downloads of this link are used; ask for another link.");
    }

    private static async Task<IResult> FolderAsync(HttpContext context, Entry folder, ITreeLedger ledger)
    {
        var query = new QueryReader(context.Request.Query, "cursor");
        var sort = await NaturalOrder.OfAsync(ledger, folder.Id, NaturalOrder.Word, query.Text("cursor"), context.RequestAborted);
        var page = Pages.ReadSorted(query, sort, CursorParts.Text);
        if (query.Refusal is { } refusal)
            return refusal;
        var wanted = new FolderQuery(folder.Id, page.Sought)
        {
            Sort = sort == NaturalOrder.Word ? EntrySort.Natural : EntrySort.Name,
            After = page.After is { } after ? new EntryKey(after.Text!, 0) : null,
        };
        var found = page.Of(await ledger.ListAsync(wanted, context.RequestAborted), entry => entry.Name, View);
        // Links of the tree are not shown to visitors.
        return JsonAnswer.Of(
            new LinkFolderView(folder.Name, [.. found.Items.Where(item => item.Kind != LinkKind)], found.NextCursor),
            ApiJson.Out.LinkFolderView);
    }

    private static LinkEntryView View(Entry entry) => new(
        entry.Kind switch { EntryKind.Folder => "folder", EntryKind.Link => LinkKind, _ => "file" },
        entry.Name, entry.Size, entry.Modified.ToTime());
}

/// <summary>The entries of a shared folder as its visitors see them.</summary>
internal sealed record LinkFolderView(string Name, IReadOnlyList<LinkEntryView> Items, string? NextCursor);

internal sealed record LinkEntryView(string Kind, string Name, long? Size, DateTimeOffset ModifiedAt);
