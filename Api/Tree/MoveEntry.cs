using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Jobs;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

/// <summary>The move of a folder to another space.</summary>
internal sealed record MoveView
{
    public required string Id { get; init; }

    /// <summary>running, done, or incomplete: some entries could not be moved and are in the trash of their space.</summary>
    public required string State { get; init; }

    /// <summary>The id of the folder in the other space.</summary>
    public required string Folder { get; init; }

    /// <summary>The number of entries at the new place.</summary>
    public required long Moved { get; init; }

    public required long LeftOut { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset? EndedAt { get; init; }

    public static MoveView Of(FolderMove move) => new()
    {
        Id = move.Id.ToString("n"),
        State = move.EndedAt is null ? "running" : move.LeftOut == 0 ? "done" : "incomplete",
        Folder = move.Target.ToString(),
        Moved = move.Moved,
        LeftOut = move.LeftOut,
        StartedAt = move.StartedAt,
        EndedAt = move.EndedAt,
    };
}

/// <summary>POST /api/tree/move: moves a file or a folder, also to another space; GET /api/moves/{id}: returns its progress.</summary>
internal static class MoveEntry
{
    private const string Moves = "/api/moves/";

    public static void Map(IEndpointRouteBuilder routes)
    {
        TreeRoutes.Map("tree/move", at => routes.MapPost(at, HandleAsync), AccessPolicy.Move, Doc);
        routes.MapGet(Moves + "{id}", StatusAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(StatusDoc);
    }

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, SpaceMover mover, IMoveLedger ledger, IJobControl jobs, TarReceiver receiver,
        IValidator<CopyOrMoveBody> validator)
    {
        // A folder may be called "move".
        if (UnpackTar.IsAskedFor(context))
            return await receiver.ReceiveAsync(context);
        var (asked, refusal) = await CopyOrMove.ReadAsync(context, tree, validator, changesSource: true);
        if (asked is null)
            return refusal!;
        if (EntryHeaders.RefuseUnmet(context, asked.Source.Entry) is { } unmet)
            return unmet;
        var caller = context.Caller();
        var begun = await mover.BeginAsync(caller, asked.Source.Entry, asked.Place, asked.Conflict, context.RequestAborted);
        if (!begun.Ok)
            return Refusal.Of(begun.Failure);
        var (entry, id) = begun.Value;
        if (id is not { } move)
        {
            var placed = asked.Placed(entry);
            context.Response.Headers.Location = PublicAddress.PathOf(context.Request, TreeAddress.Of(asked.Space, placed.Path));
            return JsonAnswer.Of(EntryView.For(caller, placed), ApiJson.Out.EntryView);
        }

        await RunAsync(jobs);
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, Moves + move.ToString("n"));
        var view = MoveView.Of((await ledger.FindMoveAsync(caller, move, context.RequestAborted))!);
        return JsonAnswer.Of(view, ApiJson.Out.MoveView, status: StatusCodes.Status202Accepted);
    }

    /// <summary>
    /// Starts the job again, because a run that is about to end may have queried the moves before this one was recorded. A run that lasts
    /// longer than two seconds queries again itself.
    /// </summary>
    private static async Task RunAsync(IJobControl jobs)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            if (await jobs.RunAsync(JobNames.MoveBetweenSpaces, CancellationToken.None) != JobAnswer.AlreadyRunning)
                return;
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private static async Task<IResult> StatusAsync(string id, HttpContext context, IMoveLedger ledger) =>
        Guid.TryParseExact(id, "n", out var move) && await ledger.FindMoveAsync(context.Caller(), move, context.RequestAborted) is { } found
            ? JsonAnswer.Of(MoveView.Of(found), ApiJson.Out.MoveView)
            : Refusal.Of(new UploadFailure(UploadError.NoEntry, "There is no move with this id that you may see."));

    private static EndpointDoc Doc => new(
        "Tree", nameof(MoveEntry), "Move a file or a folder, also to another space",
        $"""
        Within a space this is what `PATCH` does. In another space (`space`) the entries get new ids. A file is there at once. A folder
        leaves its space at once, and the job {JobNames.MoveBetweenSpaces} moves what is in it; `Location` tells how far it is. The original
        stays in the trash of its space for `Files:KeepDeleted`.
        """)
    {
        Json = new(typeof(CopyOrMoveBody), Examples.CopyOrMove),
        Headers = [EntryHeaders.IfMatch],
        Answers =
        [
            new(200, "The entry at its new place.", typeof(EntryView), Examples.Entry),
            new(202, "The job moves what is in the folder.", typeof(MoveView), Examples.Move),
        ],
        Errors =
        [
            .. ErrorsOf.Places, UploadError.NoEntry, UploadError.IntoItself, UploadError.EntryChanged, UploadError.ReadOnly,
            UploadError.Damaged, UploadError.NotFound, UploadError.QuotaExceeded, RequestError.InvalidPath, RequestError.InvalidHeader,
        ],
    };

    private static EndpointDoc StatusDoc => new(
        "Tree", "GetMove", "Show the progress of a folder's move", "For those who see all of the tenant, and for the one who asked for it.")
    {
        Answers = [new(200, "The move.", typeof(MoveView), Examples.Move)],
        Errors = [UploadError.NoEntry],
    };
}
