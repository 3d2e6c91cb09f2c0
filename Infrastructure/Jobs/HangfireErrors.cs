using System.Transactions;
using Hangfire;
using Hangfire.Storage;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>Distinguishes an unavailable database from a defect. Hangfire and its transactions wrap the driver's exceptions.</summary>
internal static class HangfireErrors
{
    public static bool IsTransient(Exception reason) => reason switch
    {
        DistributedLockTimeoutException => true,
        BackgroundJobClientException or TransactionException when reason.InnerException is { } cause => IsTransient(cause),
        _ => LedgerErrors.IsTransient(reason),
    };
}
