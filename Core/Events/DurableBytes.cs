namespace ChunkUpload.Core.Events;

/// <summary>Bytes of an upload that became durable: the ledger has recorded them, so no crash loses them.</summary>
/// <param name="Upload">The upload in the state in which the request that sent the bytes last saw it.</param>
/// <param name="Bytes">The number of bytes that were not durable before.</param>
/// <param name="Total">The number of bytes of the upload that count as received now; a prefix adds nothing to it.</param>
public readonly record struct DurableBytes(Upload Upload, long Bytes, long Total);
