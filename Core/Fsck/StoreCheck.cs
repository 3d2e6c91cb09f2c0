using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Fsck;

/// <summary>Checks for files that should not exist. Files of an incarnation that may still record them are only counted (E10).</summary>
internal sealed class StoreCheck(IFsckLedger ledger, IChunkStore store, FsckFindings findings)
{
    private const int Batch = 1000;

    // The unlink follows the commit at once, and sweep-orphans removes what a crash left.
    private static readonly TimeSpan TombstoneGrace = TimeSpan.FromHours(12);

    public long Files { get; private set; }

    public long Unsettled { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RowsAsync(
            (after, token) => ledger.FilesAsync(after, Batch, token),
            file =>
            {
                if (file.Unused)
                    findings.Add(
                        FindingCodes.FileUnused, "The ledger has a row for a file that holds no content.", file.Upload, null, file.File);
            },
            cancellationToken);
        await RowsAsync(
            (after, token) => ledger.TombstonesAsync(TombstoneGrace, after, Batch, token),
            file =>
            {
                if (store.Length(file.File) is not null)
                    findings.Add(
                        FindingCodes.TombstoneLeft, "A file that was marked for removal still exists.", file.Upload, null, file.File);
            },
            cancellationToken);
        await UnknownFilesAsync(cancellationToken);
    }

    private static async Task RowsAsync(
        Func<Guid?, CancellationToken, Task<IReadOnlyList<FsckFile>>> page, Action<FsckFile> look, CancellationToken cancellationToken)
    {
        Guid? after = null;
        while (await page(after, cancellationToken) is { Count: > 0 } files)
        {
            foreach (var file in files)
                look(file);
            after = files[^1].File.Unique;
        }
    }

    private async Task UnknownFilesAsync(CancellationToken cancellationToken)
    {
        foreach (var batch in store.Enumerate(cancellationToken).Chunk(Batch))
        {
            Files += batch.Length;
            foreach (var unknown in await ledger.UnknownFilesAmongAsync(batch, cancellationToken))
            {
                if (unknown.Incarnation == FsckIncarnation.Running)
                    Unsettled++;
                else if (store.Length(unknown.File) is null)
                    continue;
                else if (unknown.Incarnation == FsckIncarnation.Fenced)
                    findings.Add(FindingCodes.OrphanFile,
                        "No row names this file, and the incarnation that created it has ended.", file: unknown.File);
                else
                    findings.Add(FindingCodes.ForeignFile,
                        "No row names this file, and the ledger does not know the incarnation that created it.", file: unknown.File);
            }
        }
    }
}
