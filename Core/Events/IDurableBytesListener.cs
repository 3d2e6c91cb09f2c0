namespace ChunkUpload.Core.Events;

/// <summary>Is notified of all bytes that become durable, whatever protocol they came by. See <see cref="UploadHub"/>.</summary>
public interface IDurableBytesListener
{
    /// <summary>
    /// Called by the request that records the bytes, before its answer, and by many requests at once. Must neither wait nor throw: a slow
    /// listener would slow the uploads down.
    /// </summary>
    void OnDurable(in DurableBytes durable);
}
