using System.Net.Http.Headers;
using System.Text;
using Amazon.S3.Model;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>
/// Writes to S3: what fits into one piece by one request, what is larger by parts. Folders are prefixes and need no request. Keys are not
/// ids of their own, so what an earlier attempt has made is found by size, time and tag.
/// </summary>
/// <param name="usualPiece">How many bytes a part has, unless the file needs larger ones.</param>
internal sealed partial class S3Sink(S3Client client, long usualPiece, TimeProvider time) : IRestoringSink, IInsideSink
{
    private const int MostNames = 100;
    private const string UsualType = "application/octet-stream";

    private readonly S3Parts _parts = new(client);

    public SinkTraits Traits { get; } = new(1, S3PartSize.Largest, Ids: false, [DigestKind.Sha256, DigestKind.Md5])
    {
        NameOf = S3Key.NameOf,
        RefusalOf = S3Key.RefusalOf,
    };

    public Task<Outcome<IReadOnlyList<string>>> NewIdsAsync(int count, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<IReadOnlyList<string>>>(Array.Empty<string>());

    public string PlaceOf(string folder) => $"s3 {client.Settings.Host} {folder}";

    public async Task<Outcome<IReadOnlyList<SinkEntry>>> FindAsync(string folder, string name, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(folder, client.Settings) is not { IsFolder: true } parent || !parent.Child(name).IsUsable)
            return TooLong;
        var found = await EntryAsync(parent.Child(name), cancellationToken);
        return found.Ok ? new[] { found.Value }
            : found.Fault.Kind == FaultKind.Gone ? Array.Empty<SinkEntry>()
            : found.Fault;
    }

    public Task<Outcome<SinkEntry>> MakeFolderAsync(string folder, string name, string? id, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(folder, client.Settings) is not { IsFolder: true } parent || !parent.Folder(name).IsUsable)
            return Task.FromResult<Outcome<SinkEntry>>(TooLong);
        var made = parent.Folder(name);
        return Task.FromResult<Outcome<SinkEntry>>(new SinkEntry(made.ToString(), made.Name, StorageItemKind.Folder));
    }

    public async Task<Outcome<SinkEntry>> StatAsync(string id, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(id, client.Settings) is not { } key)
        {
            return client.Settings.Bucket is null && id == "root"
                ? new StorageFault(FaultKind.Gone, "The connection has all buckets: choose one of them.")
                : Gone;
        }

        if (!key.IsFolder)
            return await EntryAsync(key, cancellationToken);
        // A prefix is always there; its bucket may not be.
        var asked = await S3Connector.ProbeAsync(client, key, cancellationToken);
        return asked.Ok ? new SinkEntry(key.ToString(), key.Name, StorageItemKind.Folder) : asked.Fault;
    }

    public async Task<Outcome<SinkSession>> BeginAsync(SinkFile file, CancellationToken cancellationToken)
    {
        if (KeyOf(file) is not { } key)
            return TooLong;
        var size = S3PartSize.For(file.Size, usualPiece);
        if (file.Size <= size)
            return new SinkSession(new S3Upload(key.Bucket, key.Key, null, size, false).ToString(), null) { Repeatable = true };
        if (size > S3PartSize.Largest)
            return new StorageFault(FaultKind.Refused, "The file is larger than the storage takes.");
        if (file.Condition is { } condition)
        {
            if (await ConditionFaultAsync(key, condition, keeps: false, cancellationToken) is { } refused)
                return refused;
        }
        else if (file.Replaces is null)
        {
            // The name is part of the upload from its beginning, so one that was taken since it was chosen is found here.
            var free = await FreeAsync(key, cancellationToken);
            if (!free.Ok)
                return free.Fault;
            key = free.Value;
        }

        var begun = await _parts.BeginAsync(key, TypeOf(file), TimeOf(file), size, cancellationToken);
        return begun.Ok ? new SinkSession(begun.Value.ToString(), null) : begun.Fault;
    }

    public long? PieceOf(string session) => S3Upload.Parse(session)?.PartSize;

    public async Task<Outcome<SinkProgress>> PutAsync(
        string session, SinkFile file, long offset, IPiece piece, CancellationToken cancellationToken)
    {
        if (S3Upload.Parse(session) is not { } upload)
            return Lost;
        if (upload.Id is null)
            return await PutWholeAsync(upload.Object, file, piece, cancellationToken);
        if (offset % upload.PartSize != 0)
            return Lost;
        var fault = await _parts.PutAsync(upload, offset, piece, cancellationToken);
        if (fault is { Kind: FaultKind.Integrity })
            await AbortAsync(session, CancellationToken.None);
        return fault is null ? new SinkProgress(offset + piece.Length, null)
            : fault.Kind == FaultKind.SessionLost ? await QueryAsync(session, file, cancellationToken)
            : fault;
    }

    public async Task<Outcome<SinkProgress>> QueryAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (S3Upload.Parse(session) is not { } upload)
            return Lost;
        if (upload.Id is null)
            return new SinkProgress(0, null);
        var asked = await _parts.LoadAsync(upload, file.Size, cancellationToken);
        if (asked.Ok)
            return new SinkProgress(_parts.Accepted, null);
        if (asked.Fault.Kind is not (FaultKind.SessionLost or FaultKind.Gone))
            return asked.Fault;
        // The upload is gone too when the object was made and only the answer was lost.
        var made = await MadeAsync(upload.Object, file, S3Parts.CountOf(file.Size, upload.PartSize), null, cancellationToken);
        return made.Ok ? new SinkProgress(file.Size, made.Value)
            : made.Fault.Kind is FaultKind.Gone or FaultKind.Taken ? Lost
            : made.Fault;
    }

    public async Task<Outcome<SinkEntry>> CommitAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (S3Upload.Parse(session) is not { Id: not null } upload)
            return Lost;
        var count = S3Parts.CountOf(file.Size, upload.PartSize);
        if (!_parts.IsWhole(file.Size))
        {
            var asked = await QueryAsync(session, file, cancellationToken);
            if (!asked.Ok)
                return asked.Fault;
            if (asked.Value.Made is { } there)
                return there;
            if (!_parts.IsWhole(file.Size))
                return Lost;
        }

        // Stores that know no conditions replace what is there, so it is looked for a moment before as well.
        if (file.Condition is { } condition)
        {
            if (await ConditionFaultAsync(upload.Object, condition, keeps: true, cancellationToken) is { } refused)
            {
                var earlier = await MadeAsync(upload.Object, file, count, null, cancellationToken);
                return earlier.Ok ? earlier.Value : refused;
            }
        }
        else if (file.Replaces is null)
        {
            var there = await EntryAsync(upload.Object, cancellationToken);
            if (there.Ok)
                return await MadeOrLostAsync(upload, file, count, cancellationToken);
            if (there.Fault.Kind != FaultKind.Gone)
                return there.Fault;
        }

        var completed = await _parts.CompleteAsync(upload, file.Replaces is null, MatchOf(file), cancellationToken);
        if (!completed.Ok)
        {
            return completed.Fault.Kind is FaultKind.SessionLost or FaultKind.Taken or FaultKind.Gone
                ? await MadeOrLostAsync(upload, file, count, cancellationToken)
                : completed.Fault;
        }

        // The status is sent before the store knows whether it succeeds, and some name no tag: what is there decides.
        var named = S3Items.Bare(completed.Value.ETag);
        var made = named.Length > 0
            ? await EntryAsync(upload.Object, cancellationToken)
            : await MadeAsync(upload.Object, file, count, null, cancellationToken);
        if (!made.Ok && made.Fault.Kind is not (FaultKind.Gone or FaultKind.Taken))
            return made.Fault;
        if (!made.Ok || (named.Length > 0 && S3Items.Read(made.Value.Pin!).Tag != named))
            return new StorageFault(FaultKind.Transient, "The storage began to make the object, and then failed.");
        if (_parts.TagFault(S3Items.Read(made.Value.Pin!).Tag) is not { } wrong)
            return made.Value with { Compared = DigestKind.Parts };
        if (file.Replaces is null)
            _ = await DiscardAsync(made.Value, cancellationToken);
        return wrong;
    }

    public async Task AbortAsync(string session, CancellationToken cancellationToken)
    {
        if (S3Upload.Parse(session) is { Id: { } id } upload)
            await S3Parts.AbortAsync(client, upload.Object, id, cancellationToken);
    }

    public async Task<StorageFault?> DiscardAsync(SinkEntry made, CancellationToken cancellationToken)
    {
        if (made.Pin is not { } pin || S3Key.Parse(made.Id, client.Settings) is not { IsFolder: false } key)
            return null;
        var (_, version) = S3Items.Read(pin);
        var there = await EntryAsync(key, cancellationToken);
        if (!there.Ok || there.Value.Pin != pin)
            return null;
        // Where the bucket keeps versions, what was there before comes back.
        var answer = await client.AskAsync(
            "DeleteObject",
            (s3, stop) => s3.DeleteObjectAsync(
                new DeleteObjectRequest { BucketName = key.Bucket, Key = key.Key, VersionId = version }, stop),
            cancellationToken);
        return answer.Fault;
    }

    private static StorageFault Gone { get; } = new(FaultKind.Gone, "The storage has no such folder, or it is not of this connection.");

    private static StorageFault TooLong { get; } = new(
        FaultKind.Refused, $"The path at the destination is longer than the {S3Key.LongestKey} bytes that a key may have.");

    private static StorageFault Lost { get; } = new(FaultKind.SessionLost, "The storage has forgotten the upload; it begins again.");

    private S3Key? KeyOf(SinkFile file)
    {
        if (file.Replaces is { } replaces)
            return S3Key.Parse(replaces, client.Settings) is { IsFolder: false } there ? there : null;
        return S3Key.Parse(file.Folder, client.Settings) is { IsFolder: true } parent && parent.Child(file.Name) is { IsUsable: true } key
            ? key
            : null;
    }

    private static string TypeOf(SinkFile file) =>
        file.MediaType is { } type && MediaTypeHeaderValue.TryParse(type, out _) && Ascii.IsValid(type) ? type : UsualType;

    private static string? TimeOf(SinkFile file) => file.Modified is { } modified ? S3Items.TimeText(modified) : null;

    /// <summary>Writes an object by one request, under another name if the one that was chosen is taken.</summary>
    private async Task<Outcome<SinkProgress>> PutWholeAsync(
        S3Key wanted, SinkFile file, IPiece piece, CancellationToken cancellationToken)
    {
        (byte[] Sha256, byte[] Md5) digests;
        try
        {
            digests = await PieceStream.DigestsAsync(piece, cancellationToken);
        }
        catch (Exception reason) when (reason is not OperationCanceledException && S3Faults.OfNetwork(reason) is { } broken)
        {
            return broken;
        }

        var tag = Convert.ToHexStringLower(digests.Md5);
        var key = wanted;
        if (file.Condition is { } condition
            && await ConditionFaultAsync(key, condition, keeps: true, cancellationToken) is { } refused)
            return await EarlierOrAsync(refused);
        for (var damaged = 0; ;)
        {
            var put = await client.Abilities.TryAsync(() => PutAsync(key));
            switch (put.Fault?.Kind)
            {
                case null:
                    return new SinkProgress(piece.Length, EntryOf(key, put.Value!));
                // It has not arrived as it was sent. The bytes are still here.
                case FaultKind.Integrity when damaged++ == 0:
                    continue;
                case FaultKind.Taken when file is { Replaces: null, Condition: null }:
                    var made = await EarlierOrAsync(Other);
                    if (made is not { Fault.Kind: FaultKind.Taken })
                        return made;
                    var free = await FreeAsync(wanted, cancellationToken);
                    if (!free.Ok)
                        return free.Fault;
                    key = free.Value;
                    continue;
                case FaultKind.Taken:
                    return await EarlierOrAsync(Other);
                default:
                    return put.Fault;
            }
        }

        // An earlier attempt may have made the object although its answer was lost.
        async Task<Outcome<SinkProgress>> EarlierOrAsync(StorageFault fault)
        {
            var earlier = await MadeAsync(key, file, 0, tag, cancellationToken);
            return earlier.Ok ? new SinkProgress(piece.Length, earlier.Value)
                : earlier.Fault.Kind is FaultKind.Taken or FaultKind.Gone ? fault
                : earlier.Fault;
        }

        Task<Outcome<PutObjectResponse>> PutAsync(S3Key to) => client.SendAsync(
            "PutObject",
            (s3, stop) =>
            {
                var request = new PutObjectRequest
                {
                    BucketName = to.Bucket,
                    Key = to.Key,
                    ContentType = TypeOf(file),
                    InputStream = new PieceStream(piece),
                    AutoCloseStream = false,
                    UseChunkEncoding = false,
                    DisableDefaultChecksumValidation = true,
                    MD5Digest = Convert.ToBase64String(digests.Md5),
                    ChecksumSHA256 = client.Abilities.Checksums ? Convert.ToBase64String(digests.Sha256) : null,
                    IfNoneMatch = file.Replaces is null && client.Abilities.Conditions ? "*" : null,
                    IfMatch = client.Abilities.Conditions ? S3Copies.Quoted(MatchOf(file)) : null,
                };
                if (TimeOf(file) is { } time)
                    request.Metadata[S3Items.TimeName] = time;
                return s3.PutObjectAsync(request, stop);
            },
            cancellationToken);

        SinkEntry EntryOf(S3Key at, PutObjectResponse put) => new(at.ToString(), at.Name, StorageItemKind.File)
        {
            Size = piece.Length,
            Modified = file.Modified,
            Pin = S3Items.PinOf(put.ETag, put.VersionId),
            Digests = S3Items.Sha256Of(put.ChecksumSHA256, put.ChecksumType) is { } sha256
                ? new Dictionary<DigestKind, string> { [DigestKind.Sha256] = sha256 }
                : new Dictionary<DigestKind, string>(),
            // Content-MD5 was compared by the store; its tag is often the same again.
            Compared = S3Items.Md5Of(put.ETag) == tag ? DigestKind.Md5 : null,
        };
    }

    private async Task<Outcome<SinkEntry>> MadeOrLostAsync(
        S3Upload upload, SinkFile file, int count, CancellationToken cancellationToken)
    {
        var made = await MadeAsync(upload.Object, file, count, null, cancellationToken);
        if (made.Ok || made.Fault.Kind is not (FaultKind.Gone or FaultKind.Taken))
            return made;
        return made.Fault.Kind == FaultKind.Gone
            ? Lost
            : new StorageFault(FaultKind.SessionLost, "Another object has taken the name; the upload begins again under another one.");
    }

    /// <summary>
    /// The object that an earlier attempt has made although its answer was lost. <see cref="FaultKind.Taken"/>: it is another one.
    /// </summary>
    /// <param name="count">Of its parts; 0: it was written by one request.</param>
    /// <param name="tag">Where it is known: the MD5 of the content.</param>
    private async Task<Outcome<SinkEntry>> MadeAsync(
        S3Key key, SinkFile file, int count, string? tag, CancellationToken cancellationToken)
    {
        var found = await EntryAsync(key, cancellationToken);
        if (!found.Ok)
            return found.Fault;
        var there = S3Items.Read(found.Value.Pin!).Tag;
        var isSame = found.Value.Size == file.Size
            && (file.Modified is not { } modified || (found.Value.Modified is { } at && (at - modified).Duration() < OneTick))
            && (tag is null ? there.EndsWith($"-{count}", StringComparison.Ordinal) : there == tag || S3Items.Md5Of(there) is null);
        return isSame
            ? found.Value with { Compared = tag is null ? DigestKind.Parts : there == tag ? DigestKind.Md5 : null }
            : new StorageFault(FaultKind.Taken, "The storage has another object of this name.");
    }

    private static readonly TimeSpan OneTick = TimeSpan.FromMicroseconds(1);

    /// <summary>The key itself if no object has it, or one with a number.</summary>
    private async Task<Outcome<S3Key>> FreeAsync(S3Key key, CancellationToken cancellationToken)
    {
        var slash = key.Key.LastIndexOf('/') + 1;
        var dot = key.Key.LastIndexOf('.') is var at && at > slash ? at : key.Key.Length;
        for (var number = 1; number <= MostNames; number++)
        {
            var candidate = number == 1 ? key : key with { Key = $"{key.Key[..dot]} ({number}){key.Key[dot..]}" };
            if (!candidate.IsUsable)
                return TooLong;
            var there = await EntryAsync(candidate, cancellationToken);
            if (there is { Ok: false, Fault.Kind: FaultKind.Gone })
                return candidate;
            if (!there.Ok)
                return there.Fault;
        }

        return new StorageFault(FaultKind.Refused, $"The destination has {MostNames} files of this name.");
    }

    private async Task<Outcome<SinkEntry>> EntryAsync(S3Key key, CancellationToken cancellationToken)
    {
        var found = await S3Source.HeadAsync(client, S3Client.Find, key, cancellationToken);
        return found.Ok ? S3Items.ToSink(key, found.Value) : found.Fault;
    }
}
