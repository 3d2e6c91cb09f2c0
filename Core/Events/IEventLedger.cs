namespace ChunkUpload.Core.Events;

/// <summary>Reads and adds events. The ledger records those of uploads and files in the transactions that make the changes.</summary>
public interface IEventLedger
{
    Task<EventsEnd> EndAsync(CancellationToken cancellationToken);

    /// <summary>Returns the events after a cursor, in order.</summary>
    Task<IReadOnlyList<LedgerEvent>> ReadAsync(EventCursor after, int limit, CancellationToken cancellationToken);

    /// <summary>Returns the events of an upload after the row with this number, without those of its creation and completion.</summary>
    Task<IReadOnlyList<LedgerEvent>> OfUploadAsync(UploadId upload, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Adds an event of the service itself, for operators.</summary>
    /// <param name="id">The id of the kind's topic.</param>
    Task AddAsync(EventKind kind, string id, string json, CancellationToken cancellationToken);
}
