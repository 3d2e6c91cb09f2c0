using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Uploads;

/// <summary>The one place that limits bandwidth. The receive loop and the reader call it for every batch of bytes.</summary>
public interface ITransferPacer
{
    /// <summary>Completes when the caller may continue after sending this number of bytes. May be called concurrently.</summary>
    ValueTask ReceivedAsync(Caller caller, long bytes, CancellationToken cancellationToken);

    /// <summary>Completes when this number of bytes may be sent to the caller.</summary>
    ValueTask SendingAsync(Caller caller, long bytes, CancellationToken cancellationToken);
}

/// <summary>A pacer without a limit.</summary>
internal sealed class UnlimitedPacer : ITransferPacer
{
    public ValueTask ReceivedAsync(Caller caller, long bytes, CancellationToken cancellationToken) => default;

    public ValueTask SendingAsync(Caller caller, long bytes, CancellationToken cancellationToken) => default;
}
