using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Access;

/// <summary>Before the first request, ensures that the key exists, or logs that none is needed.</summary>
internal sealed class AccessStart(
    AccessOptions options, OperatorKey key, IOperatorKeyFile file, ILogger<AccessStart> log) : IStartStep
{
    public int Order => StartOrder.Access;

    public string Name => "access";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Mode == AccessMode.Open)
        {
            AccessLog.Open(log);
            return Task.CompletedTask;
        }

        var text = file.ReadOrCreate(OperatorKey.NewText()).Trim();
        if (!OperatorKey.IsWellFormed(text))
            throw new StartRefusedException(
                $"{file.Path} does not hold an operator key: restore it, or remove it and a new one is made at the next start.");
        key.Set(text);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
