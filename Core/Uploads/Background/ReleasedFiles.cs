using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// Unlinks the files of this store that other nodes have had the ledger release: those of uploads that were ended there, of removed ranges
/// and of replaced prefixes. A node that is alone releases its files itself, and leaves what failed to the job sweep-orphans.
/// </summary>
internal sealed class ReleasedFiles(OtherNodes nodes, FileRemover remover, TimeProvider time, ILogger<ReleasedFiles> log)
    : PeriodicStep(TimeSpan.FromSeconds(5), time, log)
{
    public override int Order => StartOrder.Background;

    public override string Name => "released files";

    protected override Task TickAsync(CancellationToken cancellationToken) =>
        nodes.Any ? remover.RemoveReleasedAsync(cancellationToken) : Task.CompletedTask;
}
