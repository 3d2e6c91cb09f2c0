using Microsoft.Extensions.Hosting;

namespace ChunkUpload.Tests.Support;

/// <summary>The lifetime of a service that listens and does not stop.</summary>
internal sealed class RunningLifetime : IHostApplicationLifetime
{
    public CancellationToken ApplicationStarted { get; } = new(canceled: true);

    public CancellationToken ApplicationStopping => CancellationToken.None;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void StopApplication()
    {
    }
}
