namespace ChunkUpload.Core;

/// <summary>The database cannot be reached. The outcome of the last statement is unknown (E10).</summary>
public class LedgerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A newer process has fenced this one, which can record nothing any more.</summary>
public sealed class ProcessReplacedException()
    : LedgerUnavailableException("Another process has taken over this store, so this process can no longer record anything.");

/// <summary>
/// A request needs more of the database than it may use: its tenant has too many requests at once, or one of its statements took too long.
/// </summary>
/// <param name="message">A sentence for the caller.</param>
/// <param name="after">How long the caller should wait before the next try.</param>
public sealed class LedgerBusyException(string message, TimeSpan after) : LedgerUnavailableException(message)
{
    public TimeSpan After { get; } = after;
}
