using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Uploads;

/// <summary>The one place that limits bandwidth: the receive loop and the reader ask it for every run of bytes.</summary>
public interface ITransferPacer
{
    /// <summary>Completes when the caller may go on after having sent so many bytes. May be called by many transfers at once.</summary>
    ValueTask ReceivedAsync(Caller caller, long bytes, CancellationToken cancellationToken);

    /// <summary>Completes when the caller may be sent so many bytes.</summary>
    ValueTask SendingAsync(Caller caller, long bytes, CancellationToken cancellationToken);
}

/// <summary>Bandwidth is not limited: nothing waits.</summary>
internal sealed class UnlimitedPacer : ITransferPacer
{
    public ValueTask ReceivedAsync(Caller caller, long bytes, CancellationToken cancellationToken) => default;

    public ValueTask SendingAsync(Caller caller, long bytes, CancellationToken cancellationToken) => default;
}
