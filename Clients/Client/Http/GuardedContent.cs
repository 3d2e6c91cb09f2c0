using System.Net;

namespace ChunkUpload.Client.Http;

/// <summary>A body that notifies the guard of its request when bytes move.</summary>
internal abstract class GuardedContent : HttpContent
{
    internal StallGuard? Guard { get; set; }

    /// <summary>The time that the service has for its answer after the last byte, part of which may still be under way.</summary>
    internal TimeSpan Patience { get; set; }

    /// <summary>The bandwidths that hold for it.</summary>
    internal IReadOnlyList<BandwidthLimit> Limits { get; set; } = [];

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected sealed override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await WriteAsync(stream, cancellationToken);
        Guard?.Allow(Patience);
    }

    /// <summary>Waits until bytes may be sent; a wait is no stall.</summary>
    protected ValueTask TakeAsync(int bytes, CancellationToken stop) => Guard.TakeAsync(Limits, bytes, stop);

    protected abstract Task WriteAsync(Stream stream, CancellationToken stop);
}
