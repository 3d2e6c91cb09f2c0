using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Access;

/// <summary>
/// Before the first request, ensures that the operator key exists and ends sessions of a previous key, or logs that no key is needed.
/// </summary>
internal sealed class AccessStart(
    AccessOptions options, OperatorKey key, IOperatorKeyFile file, IBrowserSessionLedger sessions, ILogger<AccessStart> log) : IStartStep
{
    public int Order => StartOrder.Access;

    public string Name => "access";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Mode == AccessMode.Open)
        {
            AccessLog.Open(log);
            return;
        }

        var text = file.ReadOrCreate(OperatorKey.NewText()).Trim();
        if (!OperatorKey.IsWellFormed(text))
            throw new StartRefusedException(
                $"{file.Path} does not hold an operator key: restore it, or remove it and a new one is made at the next start.");
        key.Set(text);
        await sessions.EndOtherOperatorsAsync(key.Digest!, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
