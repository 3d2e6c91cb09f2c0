namespace ChunkUpload.Core;

/// <summary>The database cannot be reached. The outcome of the last statement is unknown (E10).</summary>
public class LedgerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A newer process has fenced this one, which can record nothing any more.</summary>
public sealed class ProcessReplacedException()
    : LedgerUnavailableException("Another process has taken over this store, so this process can no longer record anything.");
