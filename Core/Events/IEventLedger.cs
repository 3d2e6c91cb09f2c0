namespace ChunkUpload.Core.Events;

/// <summary>Reads the events. The ledger records them in the transactions that make the changes.</summary>
public interface IEventLedger
{
    Task<EventsEnd> EndAsync(CancellationToken cancellationToken);

    /// <summary>The events after a cursor, in order.</summary>
    Task<IReadOnlyList<LedgerEvent>> ReadAsync(EventCursor after, int limit, CancellationToken cancellationToken);
}
