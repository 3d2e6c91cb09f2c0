using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Checks that the trees are consistent: each entry is in a folder and none contains itself, each content names a finished upload, and the
/// counters of the spaces are right. The ledger runs the checks; each page is one snapshot, so changes in between are no findings. Cycles
/// are searched in the folders of all pages in one pass, and the ledger confirms each finding.
/// </summary>
internal sealed class TreeCheck(IFsckLedger ledger, FsckFindings findings)
{
    private const int PageSize = 2000;

    public long Entries { get; private set; }

    public long Versions { get; private set; }

    /// <summary>Counts again where a space's counters are wrong.</summary>
    /// <returns>How many spaces were wrong.</returns>
    public static async Task<long> RecountAsync(IFsckLedger ledger, CancellationToken cancellationToken)
    {
        long recounted = 0;
        foreach (var space in await ledger.SpacesAsync(cancellationToken))
        {
            if (space.Counted == space.Summed)
                continue;
            await ledger.RecountSpaceAsync(space.Id, cancellationToken);
            recounted++;
        }

        return recounted;
    }

    public async Task RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        EntryId? entry = null;
        var folders = new FolderCycles();
        while (await ledger.EntriesAsync(entry, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var one in page)
            {
                if (one.Fault is not null)
                    findings.Add(one.Fault, Sentence(one));
                else if (one.Folder is { } folder)
                    folders.Add(one.Id, folder);
            }

            entry = page[^1].Id;
            Entries += page.Count;
            progress.Report(Entries, null, "entries");
        }

        foreach (var suspects in folders.Find().Chunk(PageSize))
        {
            foreach (var bad in await ledger.CyclesAmongAsync(suspects, cancellationToken))
                findings.Add(bad.Fault!, Sentence(bad));
        }

        FsckVersionKey? version = null;
        while (await ledger.VersionsAsync(version, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var bad in page.Where(one => one.Fault is not null))
                findings.Add(bad.Fault!, Sentence(bad), bad.Upload);
            version = page[^1].Key;
            Versions += page.Count;
            progress.Report(Versions, null, "contents");
        }

        foreach (var space in await ledger.SpacesAsync(cancellationToken))
        {
            if (space.Counted != space.Summed)
                findings.Add(FindingCodes.SpaceDiffers,
                    $"The space {space.Id} \"{space.Name}\" counts {space.Counted.Entries} entries of {space.Counted.Bytes} bytes, but "
                        + $"it has "
                        + $"{space.Summed.Entries} of {space.Summed.Bytes}.");
        }
    }

    private static string Sentence(FsckEntry entry) => entry.Fault switch
    {
        FindingCodes.EntryOrphan => $"The entry {entry.Id} \"{entry.Name}\" lies in no folder of its space.",
        FindingCodes.EntryCycle => $"The folder {entry.Id} \"{entry.Name}\" lies in itself, or in a folder that does.",
        _ => $"The file {entry.Id} \"{entry.Name}\" has no content, or one of another size.",
    };

    private static string Sentence(FsckVersion version) => version.Fault == FindingCodes.VersionUnused
        ? $"Content {version.Key.Number} belongs to the file {version.Key.Entry}, which is not there."
        : $"Content {version.Key.Number} of the file {version.Key.Entry} names an upload that is not there, or has another size.";
}
