namespace ChunkUpload.Api.Hosting;

/// <summary>A host lifetime that handles neither signals nor the console; <see cref="StopSignals"/> does.</summary>
internal sealed class PassiveHostLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
