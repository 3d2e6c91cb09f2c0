using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tree;

/// <summary>GET and HEAD /api/tree/{path}: the content of a file, or the entries of a folder.</summary>
internal static class GetEntry
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        TreeRoutes.Map(TreeRoutes.Entry, at => routes.MapGet(at, HandleAsync), AccessPolicy.Look, Doc);
        TreeRoutes.Map(TreeRoutes.Entry, at => routes.MapMethods(at, [HttpMethods.Head], HandleAsync), AccessPolicy.Look, Ask);
        routes.MapGet("/api/entries/{id}", HandleIdAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Look).Document(ById);
        routes.MapMethods("/api/entries/{id}/content", [HttpMethods.Get, HttpMethods.Head], HandleContentAsync)
            .RequireAuthorization(AccessPolicy.Read).Document(Content);
    }

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, FolderListing listing, FolderArchive archive, UploadCatalog catalog, ContentReader reader,
        ApiMeter meter)
    {
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, change: false);
        if (address is null)
            return refusal!;
        var found = await tree.FindAsync(address.Space, address.Path, context.RequestAborted);
        if (!found.Ok)
            return Refusal.Of(found.Failure);
        if (address.Slash && found.Value.Entry.Kind != EntryKind.Folder)
            return Refusal.Of(TreeRefusals.NotFolder(address.Path));
        if (found.Value.Entry.Kind == EntryKind.Folder && FolderArchive.IsAskedFor(context.Request))
            return RefuseWithout(context, Scopes.Read | Scopes.List) ?? await archive.AnswerAsync(context, found.Value);
        return found.Value.Entry.Kind == EntryKind.Folder || context.Request.Query["format"].Count > 0
            ? await DescribeAsync(context, found.Value, listing)
            : await ContentAsync(context, found.Value.Entry, catalog, reader, meter);
    }

    private static async Task<IResult> HandleIdAsync(string id, HttpContext context, FileTree tree, FolderListing listing)
    {
        if (!EntryId.TryParse(id, out var entry))
            return Refusal.Of(TreeRefusals.NoEntry());
        var found = await tree.FindAsync(context.Caller(), entry, change: false, context.RequestAborted);
        return found.Ok ? await DescribeAsync(context, found.Value, listing) : Refusal.Of(found.Failure);
    }

    private static async Task<IResult> HandleContentAsync(
        string id, HttpContext context, FileTree tree, UploadCatalog catalog, ContentReader reader, ApiMeter meter)
    {
        if (!EntryId.TryParse(id, out var entry))
            return Refusal.Of(TreeRefusals.NoEntry());
        var found = await tree.FindAsync(context.Caller(), entry, change: false, context.RequestAborted);
        return found.Ok ? await ContentAsync(context, found.Value.Entry, catalog, reader, meter) : Refusal.Of(found.Failure);
    }

    private static async Task<IResult> DescribeAsync(HttpContext context, PlacedEntry placed, FolderListing listing) =>
        (placed.Entry.Kind == EntryKind.Folder ? RefuseWithout(context, Scopes.List) : null) ?? await listing.AnswerAsync(context, placed);

    private static Refusal? RefuseWithout(HttpContext context, Scopes scopes) => context.Caller().Scopes.HasFlag(scopes)
        ? null
        : Refusal.Of(
            RequestError.NotPermitted, scopes.HasFlag(Scopes.Read)
                ? "Your key may not read files and list folders; an archive needs both."
                : "Your key may not list folders; ask for a file by its path.");

    private static async Task<IResult> ContentAsync(
        HttpContext context, Entry entry, UploadCatalog catalog, ContentReader reader, ApiMeter meter)
    {
        if (!context.Caller().Scopes.HasFlag(Scopes.Read))
            return Refusal.Of(RequestError.NotPermitted, "Your key may not read files; with format=json it gets a description.");
        if (entry.Upload is not { } upload)
            return Refusal.Of(UploadError.NotFile, "Only a file has content.");
        var file = await catalog.FileAsync(context.Caller(), upload, context.RequestAborted);
        return file.Ok
            ? GetFileContent.Answer(context, new FileContent(file.Value, entry), reader, meter)
            : Refusal.Of(file.Failure);
    }

    private static EndpointDoc Doc => new(
        "Tree", nameof(GetEntry), "Download a file, or list a folder",
        """
        Of a file the content, with ranges and conditional requests like `/api/files/{id}/content`; its ETag changes with its content. Of a
        folder a page of what is in it. `format=json` describes a file instead of sending it. `format=zip`, or `Accept: application/zip`,
        sends a folder as a ZIP archive, or some of its entries; paths in the archive begin below the folder. Names that could do harm when
        unpacked are changed, and get a mark that keeps them different. A connection that is cut before the end means that a file could not
        be read. Content needs the right to read, a page the right to list, an archive both.

            curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:8080/api/tree/2026/?sort=-modifiedAt"
            curl -OJ -H "Authorization: Bearer $KEY" "http://127.0.0.1:8080/api/tree/2026/?format=zip&name=report.pdf&name=pictures"
        """)
    {
        Query =
        [
            .. FolderListing.Parameters,
            new("name", "With format=zip: only this entry of the folder; may be repeated.", "report.pdf"),
        ],
        Headers = [new("Accept", "application/zip: a folder as a ZIP archive.", FolderArchive.MediaType)],
        Answers =
        [
            new(200, "The content of the file, or the folder.", typeof(FolderView), Examples.Folder),
            new(206, "The ranges of the file."),
            new(304, "Unchanged."),
        ],
        Errors =
        [
            .. ErrorsOf.Downloads, UploadError.NoEntry, UploadError.NotFolder, UploadError.NotFile, UploadError.Deleted,
            RequestError.InvalidPath,
        ],
    };

    private static EndpointDoc Ask => new("Tree", "HeadEntry", "Check a file or folder", "The headers that GET would answer with.")
    {
        Answers = [new(200, "The headers."), new(304, "Unchanged.")],
        Errors =
        [
            UploadError.NoEntry, UploadError.NotFolder, UploadError.Damaged, UploadError.Elsewhere, RequestError.InvalidPath,
            RequestError.PreconditionFailed,
        ],
    };

    private static EndpointDoc ById => new(
        "Tree", "GetEntryById", "Describe an entry by its id",
        "An entry keeps its id when it is renamed, moved or replaced. Of a folder also a page of what is in it.")
    {
        Query = FolderListing.Parameters,
        Answers = [new(200, "The entry.", typeof(FolderView), Examples.Folder)],
        Errors = [UploadError.NoEntry],
    };

    private static EndpointDoc Content => new(
        "Tree", "GetEntryContent", "Download a file by its entry's id", "As `/api/tree/{path}` of the file.")
    {
        Answers = [new(200, "The content.", typeof(Stream)) { MediaType = MediaTypeRule.Default }, new(206, "The ranges."),
            new(304, "Unchanged.")],
        Errors = [.. ErrorsOf.Downloads, UploadError.NoEntry, UploadError.NotFile],
    };
}
