using ChunkUpload.Core.Access;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>
/// Transfers files that were published below the folders of schedules. The publication records each file and queues this work; files that
/// arrive within a short time share one transfer. The transfer's id is chosen with its files, so that no second one is created after a
/// kill.
/// </summary>
public sealed class ArrivalWork(
    IScheduleLedger schedules, IArrivalLedger ledger, ITransferWorkLedger transfers, Credentials credentials, TransferMaker maker,
    WorkQueue queue, TransferEngineOptions options) : IWorkKind
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public string Name => "transfer_arrival";

    public int AtOnce => 2;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(5);

    public WorkBackoff Backoff => new(FirstPause, LongestPause);

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await schedules.GetAsync(lease.Reference, lease.Token) is not { Enabled: true, Arrival: not null } schedule)
            return WorkOutcome.Done;
        var waiting = await ledger.WaitingAsync(schedule.Id, lease.Token);
        if (waiting.Count == 0)
            return WorkOutcome.Done;
        if (!waiting.Chosen && PauseOf(waiting) is { } rest)
            return WorkOutcome.Postponed(rest);

        // 1. Find the owner with the current rights.
        var owner = await credentials.OfSubjectAsync(schedule.Tenant, schedule.Subject, schedule.ApiKey, lease.Token);
        if (owner is null || !(owner.Scopes & schedule.Scopes).HasFlag(Scopes.Transfers))
            return await RefusedAsync(lease, schedule, "Its owner may not make transfers at the moment.");

        // 2. Select the files.
        var taken = await ledger.TakeAsync(lease.Item, schedule.Id, Guid.NewGuid(), options.MostArrivals, lease.Token);
        if (taken.Count == 0)
            return WorkOutcome.Postponed(TimeSpan.Zero);
        var id = taken[0].Transfer;
        if (await transfers.GetAsync(id, lease.Token) is not null)
            return await BegunAsync(lease, schedule, id, begun: true, []);

        // 3. Create the transfer.
        var label = schedule.Draft.Draft.Label is { Length: > 0 } own ? own : schedule.Title;
        var draft = schedule.Draft with { Draft = schedule.Draft.Draft with { Label = label, Id = id, Schedule = schedule.Id } };
        var caller = owner.Within(schedule.Scopes);
        var made = await maker.MakeOfArrivalsAsync(caller, draft, taken, ledger, lease.Token);
        return made.Refusal is { } refusal
            ? await RefusedAsync(lease, schedule, refusal.Detail)
            : await BegunAsync(lease, schedule, id, made.Begun, made.LeftOut);
    }

    /// <summary>Returns how long it waits for more files; null if it starts now.</summary>
    private TimeSpan? PauseOf(ArrivalsWaiting waiting)
    {
        if (waiting.Open >= options.MostArrivalTransfers)
            return LookAgain;
        if (waiting.Count >= options.MostArrivals || waiting.Rested >= options.ArrivalRest || waiting.Waited >= options.LongestRest)
            return null;
        var rest = options.ArrivalRest - waiting.Rested;
        var left = options.LongestRest - waiting.Waited;
        return rest < left ? rest : left;
    }

    private async Task<WorkOutcome> BegunAsync(
        WorkLease lease, TransferSchedule schedule, Guid transfer, bool begun, IReadOnlyList<LeftOut> leftOut)
    {
        _ = await ledger.BegunAsync(lease.Item, schedule.Id, transfer, begun, leftOut, CancellationToken.None);
        queue.Wake();
        return WorkOutcome.Settled;
    }

    private async Task<WorkOutcome> RefusedAsync(WorkLease lease, TransferSchedule schedule, string reason)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(lease.Failures, 10));
        _ = await ledger.RefusedAsync(
            lease.Item, schedule.Id, reason, pause < LongestPause ? pause : LongestPause, CancellationToken.None);
        return WorkOutcome.Settled;
    }
}
