using ChunkUpload.Core.Access;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers;

/// <summary>Schedules and templates of transfers. A user sees only their own.</summary>
public interface IScheduleLedger
{
    /// <summary>Adds a schedule or changes it, and queues its next run.</summary>
    /// <param name="act">What the audit says of it: made or changed.</param>
    /// <returns>False if its owner has as many as may be.</returns>
    Task<bool> SetAsync(TransferSchedule schedule, string act, int most, CancellationToken cancellationToken);

    Task<TransferSchedule?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>By their titles.</summary>
    Task<IReadOnlyList<TransferSchedule>> ListAsync(Caller caller, CancellationToken cancellationToken);

    Task<bool> RemoveAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>A schedule of any owner, for the work on it.</summary>
    Task<TransferSchedule?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Records what became of a run, and ends its work.</summary>
    /// <param name="next">Null: there is no other run.</param>
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
