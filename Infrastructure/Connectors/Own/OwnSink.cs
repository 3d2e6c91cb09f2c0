using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Connectors.Own;

/// <summary>
/// Writes to the service's own files like every upload, with the same rules, quotas, checks and places. The upload is the session; bytes
/// that were received before the source failed are kept, even after a kill.
/// </summary>
internal sealed partial class OwnSink(
    Caller owner, FileTree tree, ITreeLedger entries, FileVersions versions, ForeignFileWriter writer) : IRestoringSink
{
    /// <summary>The id of the default space.</summary>
    private const string DefaultFolder = "root";

    private const long LargestPiece = 1 << 26;
    private const Scopes Needed = Scopes.Upload | Scopes.List;

    private static readonly TimeSpan CheckPause = TimeSpan.FromSeconds(10);

    public SinkTraits Traits { get; } = new(1, LargestPiece, Ids: false, [DigestKind.Sha256]) { NameOf = NameOf };

    public Task<Outcome<IReadOnlyList<string>>> NewIdsAsync(int count, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<IReadOnlyList<string>>>(Array.Empty<string>());

    public string PlaceOf(string folder) => $"own {folder}";

    public async Task<Outcome<IReadOnlyList<SinkEntry>>> FindAsync(string folder, string name, CancellationToken cancellationToken)
    {
        var parent = await FolderAsync(folder, cancellationToken);
        if (!parent.Ok)
            return parent.Fault;
        var found = await entries.FindManyAsync(parent.Value.Entry.Id, [[name]], cancellationToken);
        return found is [{ } entry] ? new[] { EntryOf(entry) } : Array.Empty<SinkEntry>();
    }

    public async Task<Outcome<SinkEntry>> MakeFolderAsync(string folder, string name, string? id, CancellationToken cancellationToken)
    {
        var parent = await FolderAsync(folder, cancellationToken);
        if (!parent.Ok)
            return parent.Fault;
        var place = new Place(parent.Value.Entry.Space, parent.Value.Entry.Id, [name]);
        // An existing folder is returned; if the name is taken by a file, the folder gets another name.
        var made = await tree.MakeFolderAsync(owner, place, NameConflict.Replace, null, null, cancellationToken);
        if (made is { Ok: false, Failure.Error: UploadError.NameTaken or UploadError.NotFolder })
            made = await tree.MakeFolderAsync(owner, place, NameConflict.Rename, null, null, cancellationToken);
        return made.Ok ? EntryOf(made.Value) : FaultOf(made.Failure);
    }

    public async Task<Outcome<SinkEntry>> StatAsync(string id, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
            return refusal;
        EntryId parsed;
        if (id == DefaultFolder)
            parsed = await tree.DefaultSpaceAsync(owner, cancellationToken);
        else if (!EntryId.TryParse(id, out parsed))
            return Gone();
        if (await entries.FindAsync(owner, parsed, cancellationToken) is not { } found)
            return Gone();
        var entry = EntryOf(found.Entry);
        // The root of a space has no name.
        return found.Entry.IsRoot
            ? entry with { Name = (await entries.SpaceAsync(owner, parsed, cancellationToken))?.Name ?? "Files" }
            : entry;
    }

    public async Task<Outcome<SinkSession>> BeginAsync(SinkFile file, CancellationToken cancellationToken)
    {
        var parent = await FolderAsync(file.Folder, cancellationToken);
        if (!parent.Ok)
            return parent.Fault;
        EntryId? into = null;
        if (file.Replaces is { } replaces)
        {
            if (!EntryId.TryParse(replaces, out var known))
                return Gone();
            into = known;
        }

        long? revision = null;
        if (file is { Condition.Version: { } version, Replaces: not null })
        {
            // The statement that publishes the file checks the revision again.
            if (await entries.FindAsync(owner, into!.Value, cancellationToken) is not { } current
                || current.Entry.Upload?.ToString() != version)
                return Other;
            revision = current.Entry.Revision;
        }

        // The name was free when it was checked. If it has been taken since, a number is added.
        var folder = parent.Value.Entry;
        var target = new FileTarget(
            new Place(folder.Space, folder.Id, [file.Name]),
            into is not null ? NameConflict.Replace : file.Condition is null ? NameConflict.Rename : NameConflict.Fail)
        {
            Revision = revision,
            Into = into,
            Modified = file.Modified is { } modified ? NanoTime.Of(modified) : null,
        };
        var wanted = new WantedUpload(
            owner, UploadProtocol.Transfer, file.Name, file.MediaType is { Length: > 0 } type ? type : "application/octet-stream")
        {
            Size = file.Size,
            Target = target,
            IdempotencyKey = file.Key.Length > 0 ? file.Key : null,
            IdempotencyHash = file.Key.Length > 0 ? Sha256Digest.OfNothing : null,
        };
        var begun = await writer.BeginAsync(wanted, cancellationToken);
        return begun.Ok ? new SinkSession(begun.Value.Id.ToString(), null) : FaultOf(begun.Failure);
    }

    public async Task<Outcome<SinkProgress>> PutAsync(
        string session, SinkFile file, long offset, IPiece piece, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
            return refusal;
        if (!UploadId.TryParse(session, out var id))
            return Lost();
        if (piece.Length == 0)
            return new SinkProgress(0, null);
        var pipe = new Pipe();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var copying = CopyAsync(piece, pipe.Writer, enough.Token);
        var appended = await writer.AppendAsync(owner, id, offset, pipe.Reader, piece.Length, cancellationToken);
        // If bytes were refused, the rest is not read.
        await enough.CancelAsync();
        await pipe.Reader.CompleteAsync();
        await copying;
        cancellationToken.ThrowIfCancellationRequested();
        if (appended.Ok)
            return new SinkProgress(appended.Value.Offset, null);
        // The offset differs from the expected one; the next query returns it.
        return appended.Failure.Error == UploadError.OffsetConflict
            ? await QueryAsync(session, file, cancellationToken)
            : FaultOf(appended.Failure);
    }

    public async Task<Outcome<SinkProgress>> QueryAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
            return refusal;
        if (!UploadId.TryParse(session, out var id))
            return Lost();
        var found = await writer.FindAsync(owner, id, cancellationToken);
        if (!found.Ok)
            return found.Failure.Error == UploadError.NotFound ? Lost() : FaultOf(found.Failure);
        var upload = found.Value;
        if (upload.State is UploadState.Open or UploadState.Paused)
        {
            // Files in an unavailable store are not lost; the transfer waits for it.
            return upload switch
            {
                { DamagedAt: not null } => Lost(),
                { IsElsewhere: true } => FaultOf(UploadRefusals.Elsewhere(upload)),
                _ => new SinkProgress(upload.ReceivedBytes, null),
            };
        }

        var made = await MadeAsync(upload, file, cancellationToken);
        return made.Ok ? new SinkProgress(file.Size, made.Value) : made.Fault;
    }

    public async Task<Outcome<SinkEntry>> CommitAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (await FolderAsync(file.Folder, cancellationToken) is { Ok: false, Fault: { } fault })
            return fault;
        if (!UploadId.TryParse(session, out var id))
            return Lost();
        var done = await writer.CompleteAsync(owner, id, file.Size, file.Sha256, cancellationToken);
        return done.Ok ? await MadeAsync(done.Value, file, cancellationToken) : FaultOf(done.Failure);
    }

    public async Task AbortAsync(string session, CancellationToken cancellationToken)
    {
        if (UploadId.TryParse(session, out var id))
            _ = await writer.AbortAsync(owner, id, cancellationToken);
    }

    public async Task<StorageFault?> DiscardAsync(SinkEntry made, CancellationToken cancellationToken)
    {
        if (!EntryId.TryParse(made.Id, out var id) || await entries.FindAsync(owner, id, cancellationToken) is not { } found
            || found.Entry.Upload?.ToString() != made.Pin)
            return null;
        var removed = await tree.RemoveAsync(owner, found.Entry, found.Entry.Revision, cancellationToken);
        return removed.Ok ? null : FaultOf(removed.Failure);
    }

    /// <summary>Returns a valid name for an entry.</summary>
    private static string NameOf(string name)
    {
        var kept = name.Replace('/', '_').Replace('\0', '_');
        if (TreePath.NameFault(kept) is null)
            return kept;
        var safe = FileNameRule.MakeSafe(kept);
        var ending = Path.GetExtension(safe);
        for (var length = safe.Length - ending.Length; TreePath.NameFault(safe) is not null && length > 0; length--)
            safe = FileNameRule.MakeSafe(safe[..length]) + ending;
        return safe;
    }

    private static async Task CopyAsync(IPiece piece, PipeWriter into, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = into.AsStream(leaveOpen: true);
            await piece.CopyToAsync(stream, cancellationToken);
            await into.CompleteAsync();
        }
        catch (Exception reason) when (reason is IOException or OperationCanceledException or InvalidOperationException or TimeoutException)
        {
            // The source has failed, or the upload accepts no more bytes. The received bytes are kept.
            await into.CompleteAsync(reason as IOException ?? new IOException("The source has failed.", reason));
        }
    }

    /// <summary>Returns the folder, if the owner may change it now.</summary>
    private async Task<Outcome<PlacedEntry>> FolderAsync(string folder, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
            return refusal;
        if (!EntryId.TryParse(folder, out var id))
            return Gone();
        var found = await tree.FindAsync(owner, id, change: true, cancellationToken);
        if (!found.Ok)
            return FaultOf(found.Failure);
        return found.Value.Entry.Kind == EntryKind.Folder ? found.Value : Gone();
    }

    /// <summary>Returns the entry as which the upload was published, or why it was not published.</summary>
    private async Task<Outcome<SinkEntry>> MadeAsync(Upload upload, SinkFile file, CancellationToken cancellationToken)
    {
        switch (upload.State)
        {
            case UploadState.Completing or UploadState.Checking:
                return new StorageFault(FaultKind.Transient, "All bytes are there; a check decides whether they become a file.")
                {
                    After = CheckPause,
                };
            case UploadState.Completed when upload.UnfiledReason is not null && file.Condition is not null:
                _ = await writer.DiscardAsync(owner, upload.Id, cancellationToken);
                return Other;
            case UploadState.Completed when upload.UnfiledReason is { } reason:
                return new StorageFault(FaultKind.Refused, $"The file arrived, but could not be put into its folder ({reason}).");
            case UploadState.Completed when await entries.PublishedAsAsync(upload.Id, cancellationToken) is { } published:
                return EntryOf(published.Entry) with { Pin = upload.Id.ToString() };
            case UploadState.Failed when upload.StateReason is not (StateReasons.WrongDigest or StateReasons.BytesLost):
                return new StorageFault(FaultKind.Refused, $"The service does not accept the file: {upload.StateReason}.");
            default:
                return Lost();
        }
    }

    private StorageFault? Refusal() => owner.Scopes.HasFlag(Needed)
        ? null
        : new StorageFault(FaultKind.Refused, "The owner may not bring files into this service.");

    private static StorageFault Gone() => new(FaultKind.Gone, "The folder is gone, or its owner may not see it any more.");

    private static StorageFault Lost() => new(FaultKind.SessionLost, "The upload has ended before it was complete; it begins again.");

    private static SinkEntry EntryOf(Entry entry) => new(
        entry.Id.ToString(), entry.Name, entry.Kind == EntryKind.Folder ? StorageItemKind.Folder : StorageItemKind.File)
    {
        Size = entry.Size,
        Modified = entry.Modified.ToTime(),
        Pin = entry.Upload?.ToString(),
        Digests = entry.Sha256 is { } sha256
            ? new Dictionary<DigestKind, string> { [DigestKind.Sha256] = sha256.ToString() }
            : new Dictionary<DigestKind, string>(),
    };

    private static StorageFault FaultOf(UploadFailure failure) => new(
        failure.Error switch
        {
            UploadError.QuotaExceeded => FaultKind.Full,
            UploadError.NoSpace => FaultKind.Space,
            UploadError.NotFound or UploadError.Cancelled or UploadError.Expired or UploadError.Deleted or UploadError.Damaged
                or UploadError.Failed or UploadError.OffsetConflict => FaultKind.SessionLost,
            UploadError.FileDigestMismatch => FaultKind.Integrity,
            UploadError.NoEntry or UploadError.NoFolder => FaultKind.Gone,
            UploadError.Interrupted or UploadError.IdleTimeout or UploadError.TakenOver or UploadError.HookAway or UploadError.StoreDegraded
                or UploadError.StorageFailed or UploadError.VerifyFailed or UploadError.LedgerUnavailable or UploadError.Stopping
                or UploadError.Completing or UploadError.Checking or UploadError.EntryChanged
                or UploadError.Elsewhere => FaultKind.Transient,
            _ => FaultKind.Refused,
        },
        failure.Detail);
}
