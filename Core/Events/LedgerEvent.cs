namespace ChunkUpload.Core.Events;

/// <summary>A change of state that the ledger has recorded.</summary>
/// <param name="Owner">The subject to which the topic belongs.</param>
/// <param name="Subject">The subject whose request caused the event.</param>
/// <param name="Kind">The name of one of <see cref="EventKinds"/>.</param>
/// <param name="Data">JSON.</param>
public sealed record LedgerEvent(
    EventCursor Cursor, DateTimeOffset At, string Tenant, string Owner, string Subject, Topic Topic, string Kind, string Data)
{
    public UploadId? Upload => Topic.Upload;
}

/// <param name="End">The cursor behind the newest event.</param>
/// <param name="Trimmed">The transaction of the newest event that was removed: a cursor before it has missed events.</param>
public readonly record struct EventsEnd(EventCursor End, ulong Trimmed)
{
    /// <summary>Whether all events after the cursor are still there.</summary>
    public bool Continues(EventCursor cursor) =>
        cursor.Generation == End.Generation && cursor.Transaction >= Trimmed && !End.IsBefore(cursor);
}
