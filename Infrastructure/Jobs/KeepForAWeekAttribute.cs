using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Keeps a background job in the dashboard for a week after its end. By default Hangfire keeps succeeded jobs for a day and failed ones for
/// ever. The permanent history is in the ledger.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class KeepForAWeekAttribute : JobFilterAttribute, IApplyStateFilter
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        if (context.NewState.IsFinal)
            context.JobExpirationTimeout = Week;
        else if (context.NewState is FailedState)
            transaction.ExpireJob(context.BackgroundJob.Id, Week);
    }

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
    }
}
