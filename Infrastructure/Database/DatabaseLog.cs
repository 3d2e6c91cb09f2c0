using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Database;

internal static partial class DatabaseLog
{
    [LoggerMessage(
        2001, LogLevel.Information, "PostgreSQL {Major} runs on {Cluster}, pid {Process}, new: {IsNew}, after {Milliseconds} ms")]
    public static partial void ClusterReady(this ILogger log, string cluster, int major, int process, bool isNew, long milliseconds);

    [LoggerMessage(2002, LogLevel.Warning,
        "PostgreSQL runs as user {User}, who cannot enter {DataDirectory}: the ledger's cluster lies in {Cluster}. Back up both")]
    public static partial void ClusterElsewhere(this ILogger log, string user, string dataDirectory, string cluster);

    [LoggerMessage(2003, LogLevel.Information,
        "PostgreSQL was still running, pid {Process}: an earlier ChunkUpload was killed. Using the running server")]
    public static partial void ClusterAdopted(this ILogger log, int process);

    [LoggerMessage(2004, LogLevel.Information,
        "PostgreSQL was still running, pid {Process}, with other settings or without answering. Restarting it")]
    public static partial void ClusterRestarts(this ILogger log, int process);

    [LoggerMessage(2005, LogLevel.Warning, "PostgreSQL, pid {Process}, did not stop within {Patience}. Stopping it immediately")]
    public static partial void ClusterStopsHard(this ILogger log, int process, TimeSpan patience);

    [LoggerMessage(2006, LogLevel.Error, "PostgreSQL, pid {Process}, does not stop. The next start adopts or stops it")]
    public static partial void ClusterStays(this ILogger log, int process);

    [LoggerMessage(2007, LogLevel.Error, "PostgreSQL ended unexpectedly. Starting it again")]
    public static partial void ClusterDied(this ILogger log);

    [LoggerMessage(2008, LogLevel.Information, "PostgreSQL runs again, pid {Process}")]
    public static partial void ClusterRevived(this ILogger log, int process);

    [LoggerMessage(2009, LogLevel.Error, "PostgreSQL could not be started again")]
    public static partial void ClusterNotRevived(this ILogger log, Exception reason);

    [LoggerMessage(2010, LogLevel.Information, "The ledger is {Database} on {Host}, PostgreSQL {Version}")]
    public static partial void LedgerOpened(this ILogger log, string host, string? database, Version version);

    [LoggerMessage(2011, LogLevel.Warning, "The ledger's server on {Host} does not answer yet ({Reason}). Waiting")]
    public static partial void LedgerAwaited(this ILogger log, string host, string reason);

    [LoggerMessage(
        2012, LogLevel.Warning, "The ledger also names other stores ({Stores}): files in them cannot be served from {DataDirectory}")]
    public static partial void OtherStores(this ILogger log, string stores, string dataDirectory);

    [LoggerMessage(2013, LogLevel.Warning,
        "A service on {Host} with store {Store} used this ledger a moment ago. Waiting up to {Seconds} s to see whether it still runs")]
    public static partial void OtherServiceAwaited(this ILogger log, string host, string store, int seconds);

    [LoggerMessage(2014, LogLevel.Information, "The bucket {Bucket} answers")]
    public static partial void BucketReady(this ILogger log, string bucket);

    [LoggerMessage(2015, LogLevel.Warning,
        "The bucket {Bucket} does not answer ({Reason}): files in it cannot be read until it does. Trying again")]
    public static partial void BucketSilent(this ILogger log, string bucket, string reason);

    [LoggerMessage(2016, LogLevel.Error, "The bucket {Bucket} cannot be used: {Reason}")]
    public static partial void BucketRefused(this ILogger log, string bucket, string reason);

    [LoggerMessage(2017, LogLevel.Warning,
        "The ledger names files in the bucket {Bucket}, and Storage:S3:Bucket is not set: they cannot be read or deleted")]
    public static partial void BucketNotSet(this ILogger log, string bucket);

    [LoggerMessage(2018, LogLevel.Warning,
        "The ledger is on another timeline ({Timeline}): a standby was promoted, or the server recovered. No orphan is swept for an hour")]
    public static partial void TimelineChanged(this ILogger log, string timeline);

    [LoggerMessage(
        2020, LogLevel.Information, "The ledger now has schema {Migration:0000} with functions {Functions}, after {Milliseconds} ms")]
    public static partial void SchemaChanged(this ILogger log, int migration, int functions, long milliseconds);
}
