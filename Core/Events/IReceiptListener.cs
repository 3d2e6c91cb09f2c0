namespace ChunkUpload.Core.Events;

/// <summary>A listener that gets every receipt.</summary>
public interface IReceiptListener
{
    /// <summary>
    /// Called by the request that records the bytes, before its answer, and by many requests at once. Must neither wait nor throw: a slow
    /// listener would slow the uploads down.
    /// </summary>
    void Received(in Receipt receipt);
}
