using System.Buffers.Binary;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>Starts transfers at the times of their schedules. A run is skipped if the previous transfer is still running.</summary>
public sealed class TransferScheduleWork(
    IScheduleLedger schedules, ITransferWorkLedger transfers, Credentials credentials, TransferMaker maker, IScheduleTimes times,
    WorkQueue queue, TimeProvider time) : IWorkKind
{
    /// <summary>The maximum number of attempts of a run if a storage does not respond.</summary>
    private const int MostFailures = 8;

    public string Name => "transfer_schedule";

    public int AtOnce => 2;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(5);

    public WorkBackoff Backoff => new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await schedules.GetAsync(lease.Reference, lease.Token) is not { Enabled: true, NextAt: { } due } schedule)
            return WorkOutcome.Done;
        var (result, reason, made, mayPass) = await RunAsync(schedule, IdOf(schedule.Id, due), lease.Token);
        if (mayPass && lease.Failures < MostFailures)
            return WorkOutcome.Failed;
        _ = await schedules.RanAsync(lease.Item, schedule, result, reason, made, NextOf(schedule), CancellationToken.None);
        queue.Wake();
        return WorkOutcome.Settled;
    }

    /// <summary>Creates a transfer of a schedule now.</summary>
    /// <param name="id">The id of the transfer, the same for each attempt, so that a repetition creates no second transfer.</param>
    public async Task<(ScheduleResult Result, string? Reason, Guid? Made, bool MayPass)> RunAsync(
        TransferSchedule schedule, Guid id, CancellationToken cancellationToken)
    {
        if (schedule.LastTransfer is { } last && last != id
            && await transfers.GetAsync(last, cancellationToken) is { HasEnded: false })
            return (ScheduleResult.Skipped, "The previous transfer was still running.", null, false);
        var owner = await credentials.OfSubjectAsync(schedule.Tenant, schedule.Subject, schedule.ApiKey, cancellationToken);
        if (owner is null || !(owner.Scopes & schedule.Scopes).HasFlag(Scopes.Transfers))
            return (ScheduleResult.Refused, "Its owner may not make transfers at the moment.", null, false);
        var caller = owner.Within(schedule.Scopes);
        var label = schedule.Draft.Draft.Label is { Length: > 0 } own ? own : schedule.Title;
        var draft = schedule.Draft.Draft with { Label = label, Id = id, Schedule = schedule.Id };
        var (made, refusal) = await maker.MakeAsync(caller, draft, cancellationToken);
        return made is null
            ? (ScheduleResult.Refused, refusal!.Detail, null, refusal.MayPass)
            : (ScheduleResult.Begun, null, made.Id, false);
    }

    /// <summary>Returns when it runs next; null for never again.</summary>
    public DateTimeOffset? NextOf(TransferSchedule schedule)
    {
        var now = time.GetUtcNow();
        return schedule.Cron is { } cron
            ? times.NextAfter(cron, TimeZoneInfo.FindSystemTimeZoneById(schedule.Zone), now)
            : schedule.OnceAt > now ? schedule.OnceAt : null;
    }

    private static Guid IdOf(Guid schedule, DateTimeOffset due)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = schedule.TryWriteBytes(bytes);
        var mixed = BinaryPrimitives.ReadInt64LittleEndian(bytes) ^ due.UtcTicks;
        BinaryPrimitives.WriteInt64LittleEndian(bytes, mixed);
        return new Guid(bytes);
    }
}
