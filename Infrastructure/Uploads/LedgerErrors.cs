using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>Which exceptions mean that the database is away or busy, and not that a statement is wrong.</summary>
internal static class LedgerErrors
{
    public static bool IsTransient(Exception reason) => reason switch
    {
        PostgresException answer => IsTransient(answer.SqlState),
        NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    /// <summary>The server went away: whatever else lies in the pool is as dead as this connection.</summary>
    public static bool IsBroken(Exception reason) => reason is PostgresException answer
        ? answer.SqlState.StartsWith("57P", StringComparison.Ordinal)
        : reason is NpgsqlException { InnerException: not TimeoutException } or IOException or System.Net.Sockets.SocketException;

    private static bool IsTransient(string state) =>
        state.StartsWith("08", StringComparison.Ordinal)        // connection
        || state.StartsWith("53", StringComparison.Ordinal)     // resources: connections, memory, disk
        || state.StartsWith("57P", StringComparison.Ordinal)    // shut down, crashed, starting
        || state is PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.QueryCanceled                 // statement_timeout; our own cancellation is an OperationCanceledException
            or PostgresErrorCodes.ReadOnlySqlTransaction        // the primary has become a standby
            or PostgresErrorCodes.IoError;
}
