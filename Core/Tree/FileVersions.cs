using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Tree;

/// <summary>Operations on the contents of a file (find, restore, label, remove), and the policies that keep earlier ones.</summary>
public sealed class FileVersions(IVersionLedger ledger, FileTree tree, ITreeChangeLedger changes, TrashPurger purger)
{
    /// <summary>The maximum number of policies of a space. A list of them has no pages.</summary>
    public const int MostPolicies = 200;

    /// <summary>Finds a file whose contents the caller wants to list, read or change.</summary>
    /// <param name="change">Whether the caller wants to change them.</param>
    public async Task<Result<PlacedEntry>> FileAsync(Caller caller, EntryId id, bool change, CancellationToken cancellationToken)
    {
        var found = await tree.FindAsync(caller, id, change, cancellationToken);
        return !found.Ok || found.Value.Entry.Kind == EntryKind.File
            ? found
            : new UploadFailure(UploadError.NotFile, "Only a file has versions.");
    }

    public async Task<Result<FileVersion>> FindAsync(Entry entry, int number, CancellationToken cancellationToken) =>
        await ledger.FindAsync(entry.Id, number, cancellationToken) is { } version ? version : TreeRefusals.NoVersion();

    public Task<IReadOnlyList<FileVersion>> ListAsync(Entry entry, int? before, int limit, CancellationToken cancellationToken) =>
        ledger.ListAsync(entry.Id, before, limit, cancellationToken);

    public Task<FileVersionRule> RuleAsync(Entry entry, CancellationToken cancellationToken) =>
        ledger.RuleAsync(entry.Id, cancellationToken);

    /// <summary>
    /// Restores an earlier content as a new version; the current content becomes an earlier one. Does nothing if it is already the current
    /// content.
    /// </summary>
    public async Task<Result<Entry>> RestoreAsync(
        Caller caller, Entry entry, int number, long? revision, CancellationToken cancellationToken)
    {
        var found = await FindAsync(entry, number, cancellationToken);
        if (!found.Ok)
            return found.Failure;
        if (found.Value.ReplacedAt is null)
            return entry;
        var target = new FileTarget(new Place(entry.Space, entry.Parent!.Value, [entry.Name]), NameConflict.Replace)
        {
            Into = entry.Id,
            Revision = revision,
            Modified = found.Value.Modified,
        };
        var restored = await changes.PlaceUploadAsync(
            caller, EntryId.New(), found.Value.Upload, PlacedUpload.Named, target, cancellationToken);
        // The purge may have freed it since it was found.
        return !restored.Ok && restored.Failure.Error == UploadError.NotFound ? TreeRefusals.NoVersion() : restored;
    }

    /// <param name="label">The label; null removes it.</param>
    /// <returns>The changed version.</returns>
    public async Task<Result<FileVersion>> NameAsync(Entry entry, int number, string? label, CancellationToken cancellationToken) =>
        await ledger.NameAsync(entry, number, label, cancellationToken) is { } failure
            ? failure
            : await FindAsync(entry, number, cancellationToken);

    public async Task<UploadFailure?> RemoveAsync(Entry entry, int number, CancellationToken cancellationToken)
    {
        var failure = await ledger.RemoveAsync(entry, number, cancellationToken);
        purger.Wake();
        return failure;
    }

    public Task<SpaceVersions> PoliciesAsync(EntryId space, CancellationToken cancellationToken) =>
        ledger.PoliciesAsync(space, cancellationToken);

    /// <summary>Sets the policy of a space or of a folder in it, or removes it.</summary>
    /// <param name="path">The folder; empty for the whole space.</param>
    public async Task<UploadFailure?> SetPolicyAsync(
        Caller caller, EntryId space, IReadOnlyList<string> path, VersionPolicy? policy, CancellationToken cancellationToken)
    {
        var found = await tree.FindAsync(space, path, cancellationToken);
        if (!found.Ok)
            return found.Failure;
        return found.Value.Entry.Kind != EntryKind.Folder
            ? TreeRefusals.NotFolder(path)
            : await ledger.SetPolicyAsync(space, found.Value.Entry.Id, policy, caller.Subject, MostPolicies, cancellationToken);
    }
}
