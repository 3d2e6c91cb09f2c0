using ChunkUpload.Core.Access;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>Stores schedules and templates of transfers. A user sees only their own.</summary>
public interface IScheduleLedger
{
    /// <summary>Adds a schedule or changes it, and queues its next run.</summary>
    /// <param name="act">The act for the audit log: made or changed.</param>
    /// <param name="most">The maximum number of schedules of a user.</param>
    /// <param name="mostOfFolder">The maximum number of schedules for arrivals in one folder.</param>
    Task<ScheduleSet> SetAsync(
        TransferSchedule schedule, string act, int most, int mostOfFolder, CancellationToken cancellationToken);

    Task<TransferSchedule?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>By their titles.</summary>
    Task<IReadOnlyList<TransferSchedule>> ListAsync(Caller caller, CancellationToken cancellationToken);

    Task<bool> RemoveAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns a schedule of any owner, for background work.</summary>
    Task<TransferSchedule?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Records the outcome of a run, and ends its work.</summary>
    /// <param name="next">Null if there is no other run.</param>
    /// <returns>False if the lease is lost.</returns>
    Task<bool> RanAsync(
        WorkItem lease, TransferSchedule schedule, ScheduleResult result, string? reason, Guid? transfer, DateTimeOffset? next,
        CancellationToken cancellationToken);

    /// <summary>Records a run that a person started.</summary>
    Task RanByHandAsync(Guid schedule, Guid transfer, CancellationToken cancellationToken);

    /// <returns>False if the owner has the maximum number of templates.</returns>
    Task<bool> AddTemplateAsync(TransferTemplate template, int most, CancellationToken cancellationToken);

    Task<TransferTemplate?> FindTemplateAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>By their titles.</summary>
    Task<IReadOnlyList<TransferTemplate>> ListTemplatesAsync(Caller caller, CancellationToken cancellationToken);

    Task<bool> RemoveTemplateAsync(Caller caller, Guid id, CancellationToken cancellationToken);
}

public enum ScheduleSet
{
    Set = 1,

    /// <summary>The owner has the maximum number of schedules.</summary>
    TooMany,

    /// <summary>The folder has the maximum number of schedules for arrivals.</summary>
    TooManyOfFolder,
}

/// <summary>Stores the files that have arrived for schedules.</summary>
public interface IArrivalLedger
{
    /// <summary>Returns arrivals, the newest first; none if the caller no longer has access to the folder's space.</summary>
    Task<IReadOnlyList<Arrival>> ListAsync(Caller caller, Guid schedule, int limit, CancellationToken cancellationToken);

    Task<ArrivalsWaiting> WaitingAsync(Guid schedule, CancellationToken cancellationToken);

    /// <summary>Selects the oldest files for a transfer. After a kill it returns the same files with the same transfer id.</summary>
    Task<IReadOnlyList<TakenArrival>> TakeAsync(
        WorkItem lease, Guid schedule, Guid transfer, int most, CancellationToken cancellationToken);

    /// <summary>Records that the files are being transferred, except those left out, and ends or reschedules the work.</summary>
    /// <param name="begun">Whether there is a transfer; false if all were left out.</param>
    /// <returns>False if the lease is lost.</returns>
    Task<bool> BegunAsync(
        WorkItem lease, Guid schedule, Guid transfer, bool begun, IReadOnlyList<LeftOut> leftOut, CancellationToken cancellationToken);

    /// <summary>Records why no transfer could be created. The arrived files wait.</summary>
    Task<bool> RefusedAsync(WorkItem lease, Guid schedule, string reason, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Returns whether an entry of the trees is one of these folders, or is in one of them.</summary>
    Task<bool> LiesInAsync(Guid entry, IReadOnlyList<Guid> others, CancellationToken cancellationToken);

    /// <summary>Returns the subjects among these that do not exist in the tenant.</summary>
    Task<IReadOnlyList<string>> UnknownAsync(string tenant, IReadOnlyList<string> subjects, CancellationToken cancellationToken);
}
