using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Api.Transfers;

/// <summary>Returns and approves the plan of a transfer.</summary>
internal static class PlanTransfer
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(TransferRoutes.One + "/plan", GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapPost(TransferRoutes.One + "/approve", ApproveAsync).RequireAuthorization(AccessPolicy.Transfers).Document(ApproveDoc);
    }

    private static Refusal NotPlanned { get; } = Refusal.Of(
        RequestError.TransferNotPlanned, "The transfer has no plan to approve: it is still being planned, or was made without \"plan\".");

    private static async Task<IResult> GetAsync(
        string id, HttpContext context, ITransferLedger transfers, TransferPace pace, TimeProvider time)
    {
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        if (transfer.PlannedAt is not { } plannedAt)
            return NotPlanned;
        var plan = await transfers.PlanAsync(transfer, context.RequestAborted);
        var rate = pace.TimesOf(transfer)?.RateAt(time.GetUtcNow());
        return JsonAnswer.Of(TransferPlanView.Of(transfer, plan, plannedAt, rate), ApiJson.Out.TransferPlanView);
    }

    private static async Task<IResult> ApproveAsync(
        string id, HttpContext context, ITransferLedger transfers, WorkQueue queue, TimeProvider time)
    {
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        if (transfer.HasEnded)
            return TransferRoutes.Ended;
        if (!await transfers.ApproveAsync(transfer, context.RequestAborted))
            return NotPlanned;
        queue.Wake();
        return await transfers.FindAsync(context.Caller(), transfer.Id, context.RequestAborted) is { } now
            ? JsonAnswer.Of(TransferView.Of(now, time.GetUtcNow(), now.Subject), ApiJson.Out.TransferView)
            : TransferRoutes.Absent;
    }

    private static EndpointDoc GetDoc => new(
        TransferRoutes.Tag, "GetTransferPlan", "Show the plan of a transfer",
        """
        What a transfer that was made with `plan` would do. `GET /api/transfers/{id}/items?plan=replace` lists the files. Each file is
        decided anew when it is moved, so what changes meanwhile is noticed.
        """)
    {
        Answers = [new(200, "The plan.", typeof(TransferPlanView), TransferPlanView.Example)],
        Errors = [RequestError.NoSuchTransfer, RequestError.TransferNotPlanned],
    };

    private static EndpointDoc ApproveDoc => new(
        TransferRoutes.Tag, "ApproveTransfer", "Start a planned transfer", "Only its owner can. `cancel` drops it instead.")
    {
        Answers = [new(200, "The transfer as it is now.", typeof(TransferView), TransferView.Example)],
        Errors = [RequestError.NoSuchTransfer, RequestError.TransferEnded, RequestError.TransferNotPlanned],
    };
}

internal sealed record TransferPlanView
{
    public const string Example = """
        {"plannedAt":"2026-01-15T09:30:00.000Z","new":{"files":52,"bytes":104857600},"replace":{"files":3,"bytes":20971520},
         "number":{"files":0,"bytes":0},"skip":{"files":5,"bytes":4096},"fail":{"files":0,"bytes":0},"newFolders":7,
         "bytes":125829120,"room":9663676416,"fits":true,"seconds":31.5}
        """;

    public required DateTimeOffset PlannedAt { get; init; }

    /// <summary>Files whose names are free.</summary>
    public required PlannedFilesView New { get; init; }

    /// <summary>Files that replace other content.</summary>
    public required PlannedFilesView Replace { get; init; }

    /// <summary>Files that get a number, because their names are taken.</summary>
    public required PlannedFilesView Number { get; init; }

    /// <summary>Files that are left out, each with its reason.</summary>
    public required PlannedFilesView Skip { get; init; }

    /// <summary>Files that the destination will refuse, each with its reason.</summary>
    public required PlannedFilesView Fail { get; init; }

    public required long NewFolders { get; init; }

    /// <summary>The bytes to copy.</summary>
    public required long Bytes { get; init; }

    /// <summary>The free bytes at the destination; null if unknown.</summary>
    public required long? Room { get; init; }

    /// <summary>Whether the free bytes are sufficient; null if unknown.</summary>
    public required bool? Fits { get; init; }

    /// <summary>The estimated duration, from earlier transfers between the same ends and its own limit; null if unknown.</summary>
    public required double? Seconds { get; init; }

    /// <param name="rate">Its current limit; null if there is none.</param>
    public static TransferPlanView Of(Transfer transfer, TransferPlan plan, DateTimeOffset plannedAt, long? rate)
    {
        var bytes = plan.Sums.Where(sum => sum.As is not (PlannedAs.Skip or PlannedAs.Fail)).Sum(sum => sum.Bytes);
        var speed = rate > 0 ? Math.Min(rate.Value, plan.BytesPerSecond ?? double.MaxValue) : plan.BytesPerSecond;
        return new TransferPlanView
        {
            PlannedAt = plannedAt,
            New = Sum(PlannedAs.New),
            Replace = Sum(PlannedAs.Replace),
            Number = Sum(PlannedAs.Number),
            Skip = Sum(PlannedAs.Skip),
            Fail = Sum(PlannedAs.Fail),
            NewFolders = plan.NewFolders,
            Bytes = bytes,
            Room = transfer.Room,
            Fits = transfer.Room is { } room ? room >= bytes : null,
            Seconds = speed is > 0 and { } perSecond ? Math.Round(bytes / perSecond, 1) : null,
        };

        PlannedFilesView Sum(PlannedAs fate) =>
            plan.Sums.FirstOrDefault(one => one.As == fate) is { } sum ? new(sum.Files, sum.Bytes) : new(0, 0);
    }
}

internal sealed record PlannedFilesView(long Files, long Bytes);
