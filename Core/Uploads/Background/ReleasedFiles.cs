using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// Unlinks the files of this store that other nodes have had the ledger release: those of uploads that were ended there, of removed ranges
/// and of replaced prefixes. A node that is alone releases its files itself, and leaves what failed to the job sweep-orphans. Also deletes
/// what was released in the store that all nodes share.
/// </summary>
internal sealed class ReleasedFiles(OtherNodes nodes, FileRemover remover, TimeProvider time, ILogger<ReleasedFiles> log)
    : PeriodicStep(TimeSpan.FromSeconds(5), time, log)
{
    private const int TicksAfterFailure = 12;

    private int _rest;

    public override int Order => StartOrder.Background;

    public override string Name => "released files";

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        if (nodes.Any)
            await remover.RemoveReleasedAsync(cancellationToken);
        if (_rest > 0)
            _rest--;
        else if (!await remover.RemoveSharedAsync(cancellationToken))
            _rest = TicksAfterFailure;
    }
}
