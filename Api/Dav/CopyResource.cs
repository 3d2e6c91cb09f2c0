using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// COPY: copies a file, or a folder with or without its contents, without copying bytes. 1. A file is copied to its place. 2. A folder, or
/// a copy that replaces a folder, is created under a temporary name and renamed when it is complete.
/// </summary>
internal static class CopyResource
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, ["COPY"], HandleAsync).RequireAuthorization(AccessPolicy.Upload).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, DavGuards guards, DavFailures failures, IDavLedger ledger,
        TrashPurger purger)
    {
        // Others may read the copy, so the caller must have the right to read the content.
        if (!context.Caller().Scopes.HasFlag(Scopes.Read))
            return Refusal.Of(RequestError.NotPermitted, "Your key may not read files, so it may not copy them.");
        if (DavHeaders.ReadDepth(context.Request, DavDepth.Infinity, out var depth) is { } wrong)
            return wrong;
        if (depth == DavDepth.One)
            return Refusal.Of(RequestError.InvalidHeader, "COPY has Depth 0 or infinity.");
        var (transit, refusal) = await Transit.ReadAsync(
            context, tree, spaces, guards, changesSource: false, alone: depth == DavDepth.Zero);
        if (transit is null)
            return refusal!;
        var made = transit is { IsFolder: false, IsOntoFolder: false }
            ? await CopyFileAsync(context, transit, tree)
            : await CopyBesideAsync(context, transit, depth, tree, failures, ledger, purger);
        return made.Ok
            ? Transit.Done(made.Value.Replaced)
            : await failures.OfAsync(context, made.Failure, transit.To, null, transit.Existing);
    }

    /// <summary>1.</summary>
    private static async Task<Result<MovedEntry>> CopyFileAsync(HttpContext context, Transit transit, FileTree tree)
    {
        var conflict = transit.Overwrite ? NameConflict.Replace : NameConflict.Fail;
        var copied = await tree.CopyAsync(
            context.Caller(), transit.Source, transit.Place, transit.To.Path, conflict, context.RequestAborted);
        return copied.Ok ? new MovedEntry(copied.Value.Entry, copied.Value.Entry.Version > 1) : copied.Failure;
    }

    /// <summary>2.</summary>
    private static async Task<Result<MovedEntry>> CopyBesideAsync(
        HttpContext context, Transit transit, DavDepth depth, FileTree tree, DavFailures failures, IDavLedger ledger, TrashPurger purger)
    {
        var caller = context.Caller();
        // The ledger recognises an incomplete copy by such a name (is_draft_copy) and hides it from listings and paths. The conditions of
        // the request do not apply to the temporary name; they are checked when the copy is renamed.
        var beside = transit.Place with { Names = [$".copy-{Guid.NewGuid():n}"], Guard = null };
        var (to, guard) = (transit.To, transit.Place.Guard!);
        var place = new DavPlace(transit.Place.Parent, transit.Place.Name);
        if (await failures.FaultAsync(context, to, place, transit.Existing is null, guard) is { } early)
            return early;
        await ledger.BeginCopyAsync(beside, caller.Subject, context.RequestAborted);
        var taken = false;
        try
        {
            var made = await MakeAsync(context, transit, beside, depth, tree);
            if (!made.Ok)
                return made.Failure;
            if (made.Value.LeftOut > 0)
                return Changed("The folder was changed while it was copied; copy it again.");

            var moved = await tree.MoveOverAsync(
                caller, made.Value.Entry, transit.Place, transit.Overwrite, CancellationToken.None);
            taken = moved.Ok;
            return moved is { Ok: false, Failure.Error: UploadError.NoEntry }
                ? Changed("The copy was removed before it was complete; copy it again.")
                : moved;
        }
        finally
        {
            await EndAsync(beside, taken, ledger, purger);
        }
    }

    private static UploadFailure Changed(string detail) => new(UploadError.EntryChanged, detail) { Status = StatusCodes.Status409Conflict };

    private static async Task EndAsync(Place beside, bool taken, IDavLedger ledger, TrashPurger purger)
    {
        try
        {
            await ledger.EndCopyAsync(beside, CancellationToken.None);
        }
        catch (LedgerUnavailableException)
        {
            // The next start removes the incomplete copy.
            return;
        }

        if (!taken)
            purger.Wake();
    }

    private static async Task<Result<CopiedEntry>> MakeAsync(
        HttpContext context, Transit transit, Place beside, DavDepth depth, FileTree tree)
    {
        if (depth == DavDepth.Infinity || !transit.IsFolder)
        {
            return await tree.CopyAsync(
                context.Caller(), transit.Source, beside, transit.To.Path, NameConflict.Fail, context.RequestAborted);
        }

        var made = await tree.CopyFolderAsync(
            context.Caller(), transit.Source.Entry, beside, NameConflict.Fail, context.RequestAborted);
        return made.Ok ? new CopiedEntry(made.Value, 0) : made.Failure;
    }
}
