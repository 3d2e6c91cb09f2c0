namespace ChunkUpload.Core.Work;

/// <summary>
/// The right to work on one item. It expires if its worker shows no progress for the length of the lease. Then another worker gets the
/// item, and the ledger rejects records with the old epoch.
/// </summary>
public sealed class WorkLease : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ended;
    private long _progressAt;
    private long _coveredFrom;
    private volatile bool _isLost;

    /// <param name="item">The leased item.</param>
    /// <param name="length">How long the lease lasts without progress.</param>
    /// <param name="claimedAt">A timestamp taken before the claim, so that this process considers the lease lost no later than the ledger
    /// does.</param>
    /// <param name="stopping">Cancelled when the service stops.</param>
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

    /// <summary>The number of failed attempts before this one.</summary>
    public int Failures => Item.Attempts;

    public TimeSpan Length { get; }

    /// <summary>Fires when the lease is lost, when the item is withdrawn, and when the service stops.</summary>
    public CancellationToken Token { get; }

    /// <summary>Cancelled when the service stops. The work must then make a record and release the item.</summary>
    public CancellationToken Stopping { get; }

    public bool IsLost => _isLost;

    /// <summary>
    /// Gets a value that indicates whether there was progress since the last renewal and a third of the lease has passed.
    /// </summary>
    internal bool NeedsRenewal =>
        Volatile.Read(ref _progressAt) > Volatile.Read(ref _coveredFrom)
        && _time.GetElapsedTime(Volatile.Read(ref _coveredFrom)) > Length / 3;

    internal bool HasRunOut => _time.GetElapsedTime(Volatile.Read(ref _coveredFrom)) >= Length;

    /// <summary>Reports progress: bytes were copied, or a step is done. It is cheap, and may be called from any thread.</summary>
    public void Progress() => Volatile.Write(ref _progressAt, _time.GetTimestamp());

    public void Dispose() => _ended.Dispose();

    /// <summary>Called when the ledger has renewed the lease.</summary>
    /// <param name="askedAt">A timestamp taken before the renewal.</param>
    internal void Renewed(long askedAt) => Volatile.Write(ref _coveredFrom, askedAt);

    /// <summary>Ends the work because the lease is lost.</summary>
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
