namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Something that must be done before the first request and undone after the last one. The host starts all steps by
/// <see cref="Order"/>, one after the other, before it listens; and stops them in reverse after it has stopped listening.
/// </summary>
/// <remarks>
/// A step refuses the start with <see cref="StartRefusedException"/>. When a step fails, the steps before it are stopped.
/// StopAsync is called only where StartAsync returned, once, and must not throw for what a stop may meet.
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
