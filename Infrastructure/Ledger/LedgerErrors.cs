using System.Data;
using Npgsql;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>Tells exceptions of an unavailable or busy database from those of a wrong statement.</summary>
internal static class LedgerErrors
{
    private const string IdleInTransactionSessionTimeout = "25P03";
    private const string TransactionTimeout = "25P04";

    public static bool IsTransient(Exception reason) => Cause(reason) switch
    {
        PostgresException answer => IsTransient(answer),
        NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    /// <summary>Whether the server went away, so that all other connections of the pool are dead too.</summary>
    public static bool IsBroken(Exception reason) => Cause(reason) switch
    {
        PostgresException answer => answer.SqlState.StartsWith("57P", StringComparison.Ordinal),
        NpgsqlException { InnerException: not TimeoutException } or IOException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    // A connection that breaks within a row reaches us through Dapper, which reports only that it could not read a column.
    private static Exception Cause(Exception reason) => reason is DataException { InnerException: { } inner } ? inner : reason;

    private static bool IsTransient(PostgresException answer) =>
        answer.SqlState.StartsWith("08", StringComparison.Ordinal)        // connection
        || answer.SqlState.StartsWith("53", StringComparison.Ordinal)     // resources: connections, memory, disk
        || answer.SqlState.StartsWith("57P", StringComparison.Ordinal)    // shut down, crashed, starting
        || answer.SqlState is PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.QueryCanceled                 // statement_timeout; our own cancellation is an OperationCanceledException
            or IdleInTransactionSessionTimeout or TransactionTimeout
            or PostgresErrorCodes.ReadOnlySqlTransaction        // the primary has become a standby
            or PostgresErrorCodes.ObjectNotInPrerequisiteState  // the primary is gone, and the standby is not promoted yet
            or PostgresErrorCodes.IoError
            // The server reports these codes when the system refuses a write to its files (a quota, a file system that became read-only).
            // Both codes also stand for other faults of the server or its operator, but no statement of ours causes them. A damaged page is
            // XX001, a fault of one row.
            or PostgresErrorCodes.InternalError
            or PostgresErrorCodes.InsufficientPrivilege;
}
