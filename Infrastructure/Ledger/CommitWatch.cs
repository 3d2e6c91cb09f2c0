using ChunkUpload.Infrastructure.Database;
using Npgsql;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// Notices a commit on a connection whose wait for the standby was cut short, by a timeout, a cancellation or an operator. Such a commit is
/// visible, and may be gone after a failover.
/// </summary>
internal sealed class CommitWatch : IDisposable
{
    // The text of the warning is translated; the name of the routine is not.
    private const string Routine = "SyncRepWaitForLSN";

    private readonly NpgsqlConnection _connection;
    private volatile bool _isCut;

    private CommitWatch(NpgsqlConnection connection)
    {
        _connection = connection;
        _connection.Notice += Hear;
    }

    /// <summary>Returns the watch of a connection; null if the service needs no standby.</summary>
    public static CommitWatch? Of(NpgsqlConnection connection, LedgerDatabase database) =>
        database.Use.NeedsStandby ? new CommitWatch(connection) : null;

    /// <summary>Treats a commit that no standby has confirmed as one without an answer (E10).</summary>
    /// <exception cref="TimeoutException">There was one since the last call.</exception>
    public void RequireConfirmed()
    {
        if (!_isCut)
            return;
        _isCut = false;
        throw new TimeoutException("No standby has confirmed the commit.");
    }

    public void Dispose() => _connection.Notice -= Hear;

    private void Hear(object sender, NpgsqlNoticeEventArgs notice) => _isCut |= notice.Notice.Routine == Routine;
}
