namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Signals running work that the service is stopping: it must make a checkpoint, respond, and return. It fires before connections are cut,
/// so that a writer has <c>Host:DrainTime</c> to record what it holds.
/// </summary>
public sealed class StoppingSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public CancellationToken Token => _source.Token;

    /// <summary>Called once by the host.</summary>
    public void Signal() => _source.Cancel();

    public void Dispose() => _source.Dispose();
}
