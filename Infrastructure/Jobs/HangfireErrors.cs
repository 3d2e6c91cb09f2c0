using ChunkUpload.Infrastructure.Uploads;
using Hangfire;
using Hangfire.Storage;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>Tells a database that is away from a defect. Hangfire wraps what its storage throws.</summary>
internal static class HangfireErrors
{
    public static bool IsTransient(Exception reason) =>
        reason is DistributedLockTimeoutException
        || LedgerErrors.IsTransient(reason is BackgroundJobClientException { InnerException: { } cause } ? cause : reason);
}
