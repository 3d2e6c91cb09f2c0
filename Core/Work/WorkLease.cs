namespace ChunkUpload.Core.Work;

/// <summary>
/// The right to work on one item. It ends when its worker shows no progress for the length of a lease: then another worker gets the item,
/// and the ledger rejects by its epoch what this one still records.
/// </summary>
public sealed class WorkLease : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ended;
    private long _progressAt;
    private long _coveredFrom;
    private volatile bool _isLost;

    /// <param name="item">As it was leased.</param>
    /// <param name="length">How long the lease lasts without progress.</param>
    /// <param name="claimedAt">Taken before the claim, so that this process takes a lease for lost no later than the ledger does.</param>
    /// <param name="stopping">The service stops.</param>
    public WorkLease(WorkItem item, TimeSpan length, long claimedAt, TimeProvider time, CancellationToken stopping)
    {
        Item = item;
        Length = length;
        _time = time;
        _progressAt = _coveredFrom = claimedAt;
        Stopping = stopping;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Token = _ended.Token;
    }

    public WorkItem Item { get; }

    public Guid Reference => Item.Reference;

    /// <summary>How many attempts have failed before this one.</summary>
    public int Failures => Item.Attempts;

    public TimeSpan Length { get; }

    /// <summary>Fires when the lease is lost, when the item is withdrawn, and when the service stops.</summary>
    public CancellationToken Token { get; }

    /// <summary>The service stops: record what is safe, and give the item back.</summary>
    public CancellationToken Stopping { get; }

    public bool IsLost => _isLost;

    /// <summary>
    /// Gets a value that indicates whether there was progress that the ledger does not know of and a third of the lease has passed.
    /// </summary>
    internal bool NeedsRenewal =>
        Volatile.Read(ref _progressAt) > Volatile.Read(ref _coveredFrom)
        && _time.GetElapsedTime(Volatile.Read(ref _coveredFrom)) > Length / 3;

    internal bool HasRunOut => _time.GetElapsedTime(Volatile.Read(ref _coveredFrom)) >= Length;

    /// <summary>Says that the work goes on: bytes have moved, or a step is done. Cheap, and callable from any thread.</summary>
    public void Progress() => Volatile.Write(ref _progressAt, _time.GetTimestamp());

    public void Dispose() => _ended.Dispose();

    /// <summary>The ledger has renewed the lease.</summary>
    /// <param name="askedAt">Taken before the renewal.</param>
    internal void Renewed(long askedAt) => Volatile.Write(ref _coveredFrom, askedAt);

    /// <summary>Ends the work on an item that is no longer this worker's.</summary>
    internal void Lose()
    {
        _isLost = true;
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work has just ended.
        }
    }
}
