using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

/// <summary>
/// Shared parts of the endpoints of transfers. Users see their own transfers; a tenant's admins see that others exist and may only stop
/// them.
/// </summary>
internal static class TransferRoutes
{
    public const string Tag = "Transfers";
    public const string All = "/api/transfers";
    public const string One = All + "/{id}";

    private const int MostYears = 10;

    public static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchTransfer, "There is no transfer with this id that you may see. GET /api/transfers lists them.");

    public static Refusal Ended { get; } = Refusal.Of(RequestError.TransferEnded, "The transfer has ended.");

    public static Pages PagesOf(string list) => new(list, 50, 200, CursorParts.Number);

    /// <summary>Returns the refusal if a time is not in the future; otherwise null.</summary>
    public static Refusal? FaultOf(DateTimeOffset? at, string field, DateTimeOffset now) =>
        at <= now ? Refusal.Of(RequestError.InvalidField, $"{field} has passed already.")
        : at > now.AddYears(MostYears) ? Refusal.Of(RequestError.InvalidField, $"{field} must be within {MostYears} years.")
        : null;

    public static void MapTransfers(this IEndpointRouteBuilder routes)
    {
        AddTransfer.Map(routes);
        LookAtAddresses.Map(routes);
        ListTransfers.Map(routes);
        GetTransferStatistics.Map(routes);
        TransferDetails.Map(routes);
        GetTransferReport.Map(routes);
        ControlTransfer.Map(routes);
        PlanTransfer.Map(routes);
        ChangeTransfer.Map(routes);
        TransferSchedules.Map(routes);
        TransferTemplates.Map(routes);
    }

    public static async Task<Transfer?> FindAsync(string id, HttpContext context, ITransferLedger transfers) =>
        UploadId.TryParse(id, out var parsed)
            ? await transfers.FindAsync(context.Caller(), parsed.Value, context.RequestAborted)
            : null;

    /// <summary>Returns a transfer of the caller. Other users may not see its files.</summary>
    public static async Task<Transfer?> FindOwnAsync(string id, HttpContext context, ITransferLedger transfers) =>
        await FindAsync(id, context, transfers) is { } transfer && transfer.Subject == context.Caller().Subject ? transfer : null;
}
