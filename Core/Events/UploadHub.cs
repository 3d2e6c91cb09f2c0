namespace ChunkUpload.Core.Events;

/// <summary>
/// Notifies listeners of all bytes that became durable, whatever protocol they came by, and passes on notices about running uploads.
/// Publishing takes no lock and allocates nothing; without a listener, it costs one volatile read.
/// </summary>
public sealed class UploadHub
{
    private readonly Lock _gate = new();

    // Replaced as a whole, so that writers read it without a lock.
    private volatile IDurableBytesListener[] _listeners = [];

    public void Subscribe(IDurableBytesListener listener)
    {
        lock (_gate)
            _listeners = [.. _listeners, listener];
    }

    /// <summary>Raised by the request that the notice is about; handlers must neither wait nor throw.</summary>
    public event Action<UploadNotice>? Noticed;

    internal void Publish(UploadNotice notice) => Noticed?.Invoke(notice);

    internal void Publish(in DurableBytes durable)
    {
        foreach (var listener in _listeners)
            listener.OnDurable(durable);
    }
}
