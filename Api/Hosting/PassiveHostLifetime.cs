namespace ChunkUpload.Api.Hosting;

/// <summary>Keeps the framework's hands off signals and the console: <see cref="StopSignals"/> has them.</summary>
internal sealed class PassiveHostLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
