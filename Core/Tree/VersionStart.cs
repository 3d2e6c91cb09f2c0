using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Tree;

/// <summary>Stores the configured policy in the ledger, whose functions apply it, before a file can be replaced.</summary>
public sealed class VersionStart(IVersionLedger ledger, IOptions<VersionOptions> options) : IStartStep
{
    public int Order => StartOrder.Recovery + 60;

    public string Name => "versions";

    public Task StartAsync(CancellationToken cancellationToken) => ledger.SetDefaultAsync(options.Value.Policy, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
