namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Work that must be done before the first request and undone after the last one. The host starts all steps in <see cref="Order"/>, one at
/// a time, before it listens. It stops them in reverse order after it has stopped listening.
/// </summary>
/// <remarks>
/// A step refuses the start with <see cref="StartRefusedException"/>. When a step fails, the host stops the steps before it. StopAsync is
/// called once, only if StartAsync returned, and must not throw.
/// </remarks>
public interface IStartStep
{
    /// <summary>One of <see cref="StartOrder"/>, or a number between.</summary>
    int Order { get; }

    /// <summary>A noun for logs and errors: "database", "store".</summary>
    string Name { get; }

    Task StartAsync(CancellationToken cancellationToken);

    Task StopAsync(CancellationToken cancellationToken);
}
