using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.S3;

/// <summary>A request to the bucket failed.</summary>
/// <param name="code">The error code of S3; empty if the answer has none.</param>
internal sealed class BucketException(StorageFault fault, string code, Exception? inner = null) : Exception(fault.Sentence, inner)
{
    public StorageFault Fault => fault;

    /// <summary>Whether the bucket answers, and has no object of this name.</summary>
    public bool IsNoSuchKey => code == "NoSuchKey";

    public bool IsNoSuchUpload => code == "NoSuchUpload";

    /// <summary>Whether an object of this name exists already.</summary>
    public bool IsTaken => fault.Kind == FaultKind.Taken;

    /// <summary>Whether the storage does not know what the request asks for.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>Whether the bucket did not answer at all.</summary>
    public bool IsSilent { get; init; }

    /// <summary>
    /// Whether the same request may succeed soon: the network or the storage failed, bytes were damaged on their way, or the storage asks
    /// for fewer requests.
    /// </summary>
    public bool MayPass =>
        fault.Kind is FaultKind.Transient or FaultKind.Throttled or FaultKind.Integrity && code != "RequestTimeTooSkewed";

    /// <summary>The failure for callers of the store. It says nothing about the file.</summary>
    public StoreException ToStoreException() => new(
        fault.Kind == FaultKind.Full ? StoreError.NoSpace : StoreError.Unreachable,
        $"The bucket could not be used: {fault.Sentence}", this);
}
