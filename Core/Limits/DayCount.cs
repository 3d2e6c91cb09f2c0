namespace ChunkUpload.Core.Limits;

/// <summary>The bytes of a tenant or a subject today. The lock of <see cref="DayBook"/> guards it.</summary>
internal sealed class DayCount
{
    private long _storedReceived, _storedSent, _savingReceived, _savingSent, _receiving, _sending;

    /// <summary>The bytes that are counted and not yet being written to the ledger.</summary>
    public long Received { get; private set; }

    public long Sent { get; private set; }

    /// <summary>The number of requests that count here.</summary>
    public int Requests { get; set; }

    /// <summary>The bytes that have passed, and those that running requests have reserved.</summary>
    public long Used(FlowDirection direction) => direction == FlowDirection.Send
        ? _storedSent + _savingSent + Sent + _sending
        : _storedReceived + _savingReceived + Received + _receiving;

    /// <summary>The bytes that running requests have announced and that have not passed yet.</summary>
    public long Reserved(FlowDirection direction) => direction == FlowDirection.Send ? _sending : _receiving;

    public void Pass(FlowDirection direction, long bytes)
    {
        if (direction == FlowDirection.Send)
            Sent += bytes;
        else
            Received += bytes;
    }

    public void Reserve(FlowDirection direction, long bytes)
    {
        if (direction == FlowDirection.Send)
            _sending += bytes;
        else
            _receiving += bytes;
    }

    public void Clear() => (_storedReceived, _storedSent, _savingReceived, _savingSent, Received, Sent) = (0, 0, 0, 0, 0, 0);

    public void Saving() => (_savingReceived, _savingSent, Received, Sent) = (Received, Sent, 0, 0);

    public void Stored(DayUsage sum) =>
        (_storedReceived, _storedSent, _savingReceived, _savingSent) = (sum.Received, sum.Sent, 0, 0);
}
