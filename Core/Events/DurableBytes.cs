namespace ChunkUpload.Core.Events;

/// <summary>Bytes of an upload that became durable: the ledger has recorded them, so no crash loses them.</summary>
/// <param name="Upload">The upload as the request that sent the bytes saw it last.</param>
/// <param name="Bytes">How many bytes were not durable before.</param>
/// <param name="Total">How many bytes of the upload count as received now; a prefix adds nothing to them.</param>
public readonly record struct DurableBytes(Upload Upload, long Bytes, long Total);
