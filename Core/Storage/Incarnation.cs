namespace ChunkUpload.Core.Storage;

/// <summary>One start of one service process. The ledger sets it once, before anything is written.</summary>
public sealed class Incarnation
{
    private long _id;

    /// <summary>Another incarnation has taken over: the ledger rejects every change of this one.</summary>
    public bool IsFenced { get; private set; }

    public bool HasBegun => _id != 0;

    public long Id => _id != 0 ? _id : throw new InvalidOperationException("The incarnation has not begun.");

    public void Begin(long id)
    {
        if (id <= 0 || Interlocked.CompareExchange(ref _id, id, 0) != 0)
            throw new InvalidOperationException("An incarnation begins once.");
    }

    public void Fence() => IsFenced = true;
}
