using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers;

/// <summary>Creates transfers that copy for a pair.</summary>
public sealed partial class TransferMaker
{
    /// <summary>Such a transfer sends no notes, because the pair retries failed files.</summary>
    private static readonly TransferNotes NoNotes = new() { Done = [], Failed = [], NeedsOwner = [] };

    /// <summary>Creates a transfer of these files, each to exactly its path below the folder.</summary>
    /// <param name="files">
    /// The source, its path below the folder, and the existing file at the destination, or <c>null</c>.
    /// </param>
    internal async Task<DraftRefusal?> MakeOfPairAsync(
        Caller caller, Guid pair, TransferDraft draft, string folderName,
        IEnumerable<(SourceItem Item, string Path, SinkEntry? There)> files,
        CancellationToken cancellationToken)
    {
        var chosen = new List<FoundItem>();
        var folders = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var (item, path, there) in files)
        {
            var parent = ParentOf(path, folders, chosen);
            chosen.Add(new FoundItem(Guid.NewGuid(), parent, path, item) { Replaces = there });
        }

        draft = draft with { Options = draft.Options with { Notes = NoNotes, Attempts = draft.Options.Attempts with { Refused = 1 } } };
        var transfer = TransferOf(caller, draft, draft.Folder, folderName) with { Sync = pair };
        return (await AddAsync(transfer, draft, chosen, sameness: null, cancellationToken)).Refusal;
    }
}
