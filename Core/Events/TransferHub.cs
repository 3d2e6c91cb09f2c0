namespace ChunkUpload.Core.Events;

/// <summary>
/// Tells listeners of all bytes that became durable, whatever protocol brought them, and of notices about running transfers. Those who
/// publish take no lock and allocate nothing; without a listener, a call costs one volatile read.
/// </summary>
public sealed class TransferHub
{
    private readonly Lock _gate = new();

    // Replaced as a whole, so that writers read it without a lock.
    private volatile IDurableBytesListener[] _listeners = [];

    public void Subscribe(IDurableBytesListener listener)
    {
        lock (_gate)
            _listeners = [.. _listeners, listener];
    }

    /// <summary>Called by the request that it happens to; must neither wait nor throw.</summary>
    public event Action<TransferNotice>? Noticed;

    internal void Publish(TransferNotice notice) => Noticed?.Invoke(notice);

    internal void Publish(in DurableBytes durable)
    {
        foreach (var listener in _listeners)
            listener.OnDurable(durable);
    }
}
