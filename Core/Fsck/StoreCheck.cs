using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Checks for files that should not exist, in the own store and in the one that all nodes share. Files of an incarnation that may still
/// record them are only counted (E10).
/// </summary>
internal sealed class StoreCheck(IFsckLedger ledger, Stores stores, FsckFindings findings)
{
    private const int Batch = 1000;

    // The unlink follows the commit at once, and sweep-orphans removes what a crash left.
    private static readonly TimeSpan TombstoneGrace = TimeSpan.FromHours(12);

    // A write whose answer was lost may take effect so much later; sweep-orphans waits as long.
    private static readonly TimeSpan SharedGrace = TimeSpan.FromDays(1);

    public long Files { get; private set; }

    public long Unsettled { get; private set; }

    /// <summary>Why the store that all nodes share was not checked to its end; <c>null</c>: it was.</summary>
    public string? SharedFault { get; private set; }

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
                if (Exists(file.File))
                    findings.Add(
                        FindingCodes.TombstoneLeft, "A file that was marked for removal still exists.", file.Upload, null, file.File);
            },
            cancellationToken);
        foreach (var batch in stores.Own.Enumerate(cancellationToken).Chunk(Batch))
            await UnknownFilesAsync(batch, cancellationToken);
        if (stores.Shared is { } shared && SharedFault is null)
            await SharedFilesAsync(shared, cancellationToken);
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

    private async Task SharedFilesAsync(IObjectStore shared, CancellationToken cancellationToken)
    {
        try
        {
            var before = await shared.NowAsync(cancellationToken) - SharedGrace;
            var batch = new List<StoredFile>();
            await foreach (var one in shared.ListAsync(cancellationToken))
            {
                if (one.Unfinished is not null)
                    continue;
                if (one.Modified >= before)
                    Files++;
                else
                    batch.Add(one.File);
                if (batch.Count < Batch)
                    continue;
                await UnknownFilesAsync(batch, cancellationToken);
                batch.Clear();
            }

            if (batch.Count > 0)
                await UnknownFilesAsync(batch, cancellationToken);
        }
        catch (StoreException exception) when (exception.Error == StoreError.Unreachable)
        {
            SharedFault = exception.Message;
        }
    }

    private async Task UnknownFilesAsync(IReadOnlyCollection<StoredFile> batch, CancellationToken cancellationToken)
    {
        Files += batch.Count;
        foreach (var unknown in await ledger.UnknownFilesAmongAsync(batch, cancellationToken))
        {
            if (unknown.Incarnation == FsckIncarnation.Running)
                Unsettled++;
            else if (!Exists(unknown.File))
                continue;
            else if (unknown.Incarnation == FsckIncarnation.Fenced)
                findings.Add(FindingCodes.OrphanFile,
                    "No row names this file, and the incarnation that created it has ended.", file: unknown.File);
            else
                findings.Add(FindingCodes.ForeignFile,
                    "No row names this file, and the ledger does not know the incarnation that created it.", file: unknown.File);
        }
    }

    private bool Exists(StoredFile file)
    {
        if (stores.IsOwn(file))
            return stores.Own.Length(file) is not null;
        try
        {
            return SharedFault is null && stores.Of(file).Length(file) is not null;
        }
        catch (StoreException exception) when (exception.Error == StoreError.Unreachable)
        {
            SharedFault = exception.Message;
            return false;
        }
    }
}
