namespace ChunkUpload.Core.Events;

/// <summary>
/// The one place that every receipt passes, whatever protocol brought the bytes. Writers take no lock and allocate nothing; without a
/// listener, a receipt costs one volatile read. Notices of what happens on the way pass it as well.
/// </summary>
public sealed class ReceiptHub
{
    private readonly Lock _gate = new();

    // Replaced as a whole, so that writers read it without a lock.
    private volatile IReceiptListener[] _listeners = [];

    public void Subscribe(IReceiptListener listener)
    {
        lock (_gate)
            _listeners = [.. _listeners, listener];
    }

    /// <summary>Called by the request that it happens to; must neither wait nor throw.</summary>
    public event Action<TransferNotice>? Noticed;

    internal void Publish(TransferNotice notice) => Noticed?.Invoke(notice);

    internal void Publish(in Receipt receipt)
    {
        foreach (var listener in _listeners)
            listener.Received(receipt);
    }
}
