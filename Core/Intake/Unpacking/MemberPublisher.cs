using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Intake.Unpacking;

/// <summary>
/// Creates entries for members whose places are known. A member whose content already exists under its name changes nothing.
/// </summary>
internal sealed class MemberPublisher(
    ITreeLedger ledger, ITreeChangeLedger changes, FileReceiver receiver, SmallFileWriter writer, IRunningHashes hashes,
    Admission admission, Caller caller, EntryId space, NameConflict conflict)
{
    private const string ContentType = "application/octet-stream";

    /// <summary>Stores a file whose bytes are in memory. Returns its upload, or the member's result if no upload was created.</summary>
    public async Task<(Upload? Upload, UnpackedMember? Done)> WriteAsync(MemberPlace found, ReadOnlyMemory<byte> bytes)
    {
        if (Refuse(found) is { } refused)
            return (null, refused);
        using var hash = hashes.Start();
        hash.Append(bytes.Span);
        if (found.Member.Sha256 is { } declared && declared != hash.Current())
        {
            return (null, Failed(found, new UploadFailure(
                UploadError.FileDigestMismatch,
                $"The file has SHA-256 {hash.Current()}, but {declared} was declared; nothing was published.")));
        }

        return IsSame(found.Existing, bytes.Length, hash.Current())
            ? (null, Unchanged(found))
            : Stored(found, await writer.WriteAsync(FileOf(found), bytes, hash));
    }

    /// <summary>Stores a file while its bytes arrive from the client.</summary>
    public async Task<(Upload? Upload, UnpackedMember? Done)> ReceiveAsync(
        MemberPlace found, UploadBody body, CancellationToken cancellationToken)
    {
        if (Refuse(found) is { } refused)
            return (null, refused);
        var same = false;
        var received = await receiver.ReceiveAsync(
            FileOf(found), body, cancellationToken, digest => same = IsSame(found.Existing, body.Length!.Value, digest));
        return same ? (null, Unchanged(found)) : Stored(found, received);
    }

    /// <summary>Creates another file with the content of an earlier member.</summary>
    public async Task<UnpackedMember> CopyAsync(MemberPlace found, UploadId content)
    {
        if (Refuse(found) is { } refused)
            return refused;
        if (conflict != NameConflict.Fail && found.Existing is { } existing && existing.Upload == content)
            return Unchanged(found);
        if (admission.RefuseName(caller, found.Member.Path[^1]) is { } name)
            return Failed(found, name);
        var placed = await changes.PlaceUploadAsync(
                    caller, EntryId.New(), content, PlacedUpload.Named, TargetOf(found), CancellationToken.None);
        return placed.Ok ? Published(found, placed.Value, 0) : Failed(found, placed.Failure);
    }

    /// <summary>Creates a symbolic link. A file or another link that it replaces is moved to the trash.</summary>
    public async Task<UnpackedMember> LinkAsync(MemberPlace found)
    {
        var (member, existing) = (found.Member, found.Existing);
        if (!found.Place.Ok)
            return Failed(found, found.Place.Failure);
        if (conflict != NameConflict.Fail && existing is { Kind: EntryKind.Link } && existing.LinkTarget == member.LinkTarget)
            return Unchanged(found);
        var made = await changes.MakeAsync(
            EntryId.New(), new NewEntry(found.Place.Value, conflict, member.Modified, null, member.LinkTarget, caller.Subject),
            CancellationToken.None);
        if (!made.Ok)
            return Failed(found, made.Failure);
        var link = Published(found, made.Value, 0);
        return existing is not null && conflict == NameConflict.Replace ? link with { Outcome = MemberOutcome.Replaced } : link;
    }

    /// <summary>
    /// Publishes a folder. An existing folder is not a conflict: if files are replaced, its time and mode are set to those of the archive.
    /// </summary>
    public async Task<UnpackedMember> FolderAsync(MemberPlace found)
    {
        var (member, existing) = (found.Member, found.Existing);
        if (!found.Place.Ok)
            return Failed(found, found.Place.Failure);
        if (existing is not { Kind: EntryKind.Folder })
            return Failed(found, TreeRefusals.NotFolder(member.Path));
        var folder = new UnpackedMember(member.Path, found.IsNew ? MemberOutcome.Created : MemberOutcome.Replaced) { Id = existing.Id };
        var same = (member.Modified is null || member.Modified == existing.Modified)
            && (member.Mode is null || member.Mode == existing.Mode);
        if (same || (conflict != NameConflict.Replace && !found.IsNew))
            return found.IsNew ? folder : Unchanged(found);
        var change = new EntryChange(null, NameConflict.Fail, member.Modified, member.Mode, null, caller.Subject);
        var changed = await changes.ChangeAsync(space, existing.Id, change, CancellationToken.None);
        return changed.Ok ? folder : Failed(found, changed.Failure);
    }

    /// <summary>Returns the results for the members whose contents are these uploads.</summary>
    public async Task<IReadOnlyList<UnpackedMember>> TellAsync(IReadOnlyList<(MemberPlace Place, Upload Upload)> stored)
    {
        var filed = stored.Where(file => file.Upload.UnfiledReason is null).Select(file => file.Upload.Id).ToList();
        var entries = filed.Count == 0
            ? []
            : (await ledger.EntriesOfAsync(filed, CancellationToken.None)).GroupBy(entry => entry.Upload!.Value)
                .ToDictionary(same => same.Key, same => same.First());
        return [.. stored.Select(file => Tell(file.Place, file.Upload, entries.GetValueOrDefault(file.Upload.Id)))];
    }

    public static UnpackedMember Failed(MemberPlace found, UploadFailure failure) =>
        new(found.Member.Path, MemberOutcome.Failed) { Failure = failure };

    private static UnpackedMember Tell(MemberPlace found, Upload upload, Entry? entry)
    {
        if (upload.UnfiledReason is { } reason)
        {
            var why = TreeRefusals.Of(reason);
            return Failed(found, why with { Detail = $"{why.Detail} The bytes are kept as the unfiled file {upload.Id}." });
        }

        if (upload.State == UploadState.Checking)
            return new UnpackedMember(found.Member.Path, MemberOutcome.Checking) { Upload = upload.Id, Bytes = upload.ReceivedBytes };
        return entry is null
            // It was already replaced again.
            ? new UnpackedMember(found.Member.Path, MemberOutcome.Created) { Upload = upload.Id, Bytes = upload.ReceivedBytes }
            : Published(found, entry, upload.ReceivedBytes);
    }

    private static UnpackedMember Published(MemberPlace found, Entry entry, long bytes)
    {
        var renamed = entry.Name != found.Member.Path[^1];
        var outcome = renamed ? MemberOutcome.Renamed : entry.Version > 1 ? MemberOutcome.Replaced : MemberOutcome.Created;
        return new UnpackedMember(found.Member.Path, outcome)
        {
            Id = entry.Id,
            Upload = entry.Upload,
            Name = renamed ? entry.Name : null,
            Bytes = bytes,
        };
    }

    private static UnpackedMember Unchanged(MemberPlace found) =>
        new(found.Member.Path, MemberOutcome.Unchanged) { Id = found.Existing!.Id, Upload = found.Existing.Upload };

    private static (Upload? Upload, UnpackedMember? Done) Stored(MemberPlace found, Result<Upload> upload) =>
        upload.Ok ? (upload.Value, null) : (null, Failed(found, upload.Failure));

    /// <summary>Returns why a file cannot be written there, before its bytes are stored.</summary>
    private UnpackedMember? Refuse(MemberPlace found)
    {
        if (!found.Place.Ok)
            return Failed(found, found.Place.Failure);
        return found.Existing switch
        {
            null => null,
            _ when conflict == NameConflict.Rename => null,
            { Kind: EntryKind.Folder } when conflict == NameConflict.Replace =>
                Failed(found, new UploadFailure(UploadError.NotFile, $"\"{TreePath.Join(found.Member.Path)}\" is a folder.")),
            _ when conflict == NameConflict.Replace => null,
            _ => Failed(found, TreeRefusals.Of("name_taken")),
        };
    }

    private static bool IsSame(Entry? existing, long size, Sha256Digest digest) =>
        existing is { Kind: EntryKind.File } && existing.Size == size && existing.Sha256 == digest;

    private WantedUpload FileOf(MemberPlace found) =>
        new(caller, UploadProtocol.Put, found.Member.Path[^1], found.Member.ContentType ?? ContentType)
        {
            Target = TargetOf(found),
            Sha256 = found.Member.Sha256,
        };

    private FileTarget TargetOf(MemberPlace found) =>
        new(found.Place.Value!, conflict) { Modified = found.Member.Modified, Mode = found.Member.Mode };
}
