using System.Transactions;
using ChunkUpload.Infrastructure.Uploads;
using Hangfire;
using Hangfire.Storage;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>Tells a database that is away from a defect. Hangfire and its transactions wrap what the driver throws.</summary>
internal static class HangfireErrors
{
    public static bool IsTransient(Exception reason) => reason switch
    {
        DistributedLockTimeoutException => true,
        BackgroundJobClientException or TransactionException when reason.InnerException is { } cause => IsTransient(cause),
        _ => LedgerErrors.IsTransient(reason),
    };
}
