using ChunkUpload.Core.Access;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>Schedules and templates of transfers. A user sees only their own.</summary>
public interface IScheduleLedger
{
    /// <summary>Adds a schedule or changes it, and queues its next run.</summary>
    /// <param name="act">What the audit says of it: made or changed.</param>
    /// <param name="most">How many schedules a user has.</param>
    /// <param name="mostOfFolder">How many schedules wait for what arrives in one folder.</param>
    Task<ScheduleSet> SetAsync(
        TransferSchedule schedule, string act, int most, int mostOfFolder, CancellationToken cancellationToken);

    Task<TransferSchedule?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>By their titles.</summary>
    Task<IReadOnlyList<TransferSchedule>> ListAsync(Caller caller, CancellationToken cancellationToken);

    Task<bool> RemoveAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>A schedule of any owner, for the work on it.</summary>
    Task<TransferSchedule?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Records what became of a run, and ends its work.</summary>
    /// <param name="next">Null if there is no other run.</param>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> RanAsync(
        WorkItem lease, TransferSchedule schedule, ScheduleResult result, string? reason, Guid? transfer, DateTimeOffset? next,
        CancellationToken cancellationToken);

    /// <summary>Records a run that somebody began by hand.</summary>
    Task RanByHandAsync(Guid schedule, Guid transfer, CancellationToken cancellationToken);

    /// <returns>False if its owner has as many as may be.</returns>
    Task<bool> AddTemplateAsync(TransferTemplate template, int most, CancellationToken cancellationToken);

    Task<TransferTemplate?> FindTemplateAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>By their titles.</summary>
    Task<IReadOnlyList<TransferTemplate>> ListTemplatesAsync(Caller caller, CancellationToken cancellationToken);

    Task<bool> RemoveTemplateAsync(Caller caller, Guid id, CancellationToken cancellationToken);
}

public enum ScheduleSet
{
    Set = 1,

    /// <summary>Its owner has as many as may be.</summary>
    TooMany,

    /// <summary>As many as may be wait for what arrives in its folder.</summary>
    TooManyOfFolder,
}

/// <summary>What has arrived for the schedules that wait for it.</summary>
public interface IArrivalLedger
{
    /// <summary>The newest first; none where the caller does not reach the folder's space any more.</summary>
    Task<IReadOnlyList<Arrival>> ListAsync(Caller caller, Guid schedule, int limit, CancellationToken cancellationToken);

    Task<ArrivalsWaiting> WaitingAsync(Guid schedule, CancellationToken cancellationToken);

    /// <summary>Chooses the oldest for a transfer. After a kill the same ones come again, with the id that they got first.</summary>
    Task<IReadOnlyList<TakenArrival>> TakeAsync(
        WorkItem lease, Guid schedule, Guid transfer, int most, CancellationToken cancellationToken);

    /// <summary>Records that they are on their way but for those that were left out, and ends or repeats the work.</summary>
    /// <param name="begun">Whether there is a transfer; false: all were left out.</param>
    /// <returns>False where the lease is lost.</returns>
    Task<bool> BegunAsync(
        WorkItem lease, Guid schedule, Guid transfer, bool begun, IReadOnlyList<LeftOut> leftOut, CancellationToken cancellationToken);

    /// <summary>Records why no transfer could be made. What arrived waits.</summary>
    Task<bool> RefusedAsync(WorkItem lease, Guid schedule, string reason, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Returns whether an entry of the trees lies in one of these folders, or is one of these.</summary>
    Task<bool> LiesInAsync(Guid entry, IReadOnlyList<Guid> others, CancellationToken cancellationToken);

    /// <summary>Those of these subjects that the tenant does not have.</summary>
    Task<IReadOnlyList<string>> UnknownAsync(string tenant, IReadOnlyList<string> subjects, CancellationToken cancellationToken);
}
