using System.Globalization;
using System.Security.Cryptography;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// Runs one upload: 1. open its state; 2. open the source, and check that it has not changed; 3. send it as one request, one stream or
/// chunks; 4. return its path. If the service has lost the upload, or the source has changed, it starts again.
/// </summary>
internal sealed class UploadRun(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, ChunkUploadClientOptions options, UploadOptions upload, TimeProvider time,
    ILogger log)
{
    private const int MostRestarts = 3;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly UploadOptions _asked = upload;

    // The options with the name under which the file is sent.
    private UploadOptions _upload = upload;
    private EncryptedFile? _encrypted;

    /// <summary>Gets a value that indicates whether the caller does not know yet what is at the path.</summary>
    public bool ComparesFirst { get; init; }

    // Encrypted content differs each time, and conflict rules other than "replace" depend on the name only.
    private bool Compares => ComparesFirst && !calls.Address.IsLink
        && _upload is { Path: not null, Conflict: NameConflict.Replace, Encryption: null, Protocol: UploadProtocol.Session };

    public async Task<UploadResult> SendFileAsync(string file, StateStore store, CancellationToken stop)
    {
        // 1. Open its state.
        file = Path.GetFullPath(file);
        var remote = $"{calls.Address.Base} {_upload.Space} {_upload.Path}";
        var id = StateStore.IdOf(
            "up", remote, file, _upload.Name, _upload.Conflict.ToString(), _upload.Protocol.ToString(), Environment.MachineName,
            ForWhom(_upload.Encryption) + (_upload.Revision is { } revision ? Text(revision) : null));
        using var state = store.Open(id, board.Name);
        for (var restarts = 0; ; restarts++)
        {
            // 2. Open the source, and check that it has not changed.
            using var local = FileSource.Open(file);
            try
            {
                await BeginAsync(state, local, file, remote, stop);
                using var source = Encrypted(state, local, file);
                board.Size = source.Size;
                var result = await SendAsync(state, source, local.Stamp.Modified, file, id, stop);
                state.Remove();
                return result;
            }
            catch (TransferException failure) when (restarts < MostRestarts && CanBeginAnew(failure, state.State))
            {
                log.Anew(board.Name, failure.Message);
                await DropAsync(state, failure, stop);
            }
            catch (TransferException failure) when (!failure.IsTransient && state.State is null or { Session: null, Tried: false })
            {
                // There is nothing that another call could resume.
                state.Remove();
                throw;
            }
        }
    }

    public async Task<UploadResult> SendStreamAsync(StreamSource stream, string name, CancellationToken stop)
    {
        using var source = Encrypted(stream, ref name);
        board.Size = source.Size;
        using var state = new StateFile(null, null, name, log);
        state.Save(_ => new TransferState { Kind = "up", File = "-", Remote = _upload.Path ?? name });
        try
        {
            var (view, sha256) = await Session(state).SendAsync(
                source, BodyOf(name, source.Size, null, null), null, _ => Task.FromResult(false), stop);
            return await PlacedAsync(view.Id, board.Size ?? view.Size ?? 0, sha256, wasThere: false, stop);
        }
        catch (Exception failure) when (failure is OperationCanceledException
            or TransferException { Failure: TransferFailure.LocalFile or TransferFailure.SourceChanged })
        {
            // It cannot be resumed, so the received bytes are useless.
            using var soon = new CancellationTokenSource(Farewell, time);
            await DeleteAsync(state, soon.Token);
            throw;
        }
    }

    private static bool CanBeginAnew(TransferException failure, TransferState? state) =>
        failure.Failure == TransferFailure.SourceChanged || failure.Code == ProblemCodes.FileDigestMismatch
        || (state?.Session is not null && (Problems.IsGone(failure) || failure.Code is "http_404" or "http_410"));

    private SessionUpload Session(StateFile state) => new(calls, attempts, board, state, time, log);

    /// <summary>Different recipients make it a different upload. A passphrase is not part of a file name.</summary>
    private static string? ForWhom(EncryptionOptions? encryption) => encryption is null
        ? null
        : string.Join(' ', encryption.Recipients.Select(recipient => recipient.Id).Order(StringComparer.Ordinal)) + encryption.EncryptName;

    /// <summary>The file as it is sent. The key of an earlier run is used for the very text that it was made for, and no other.</summary>
    private IUploadSource Encrypted(StateFile state, FileSource source, string file)
    {
        if (_asked.Encryption is not { } how)
            return source;
        var known = state.State!.Encryption;
        var encrypted = EncryptedFile.Of(known, how);
        var witness = encrypted is null ? null : TextWitness.Resume(state.Text, encrypted.Prefix);
        if (witness is null)
        {
            if (state.State.Session is not null)
                throw new TransferException(TransferFailure.SourceChanged, "What was encrypted of the source is not known any more.");
            encrypted = EncryptedFile.Create(how, _asked.BoundPath);
            var name = _asked.Name ?? _asked.Path?.Split('/')[^1] ?? Path.GetFileName(file);
            known = encrypted.State(how.EncryptName ? EncryptedName.Encrypt(encrypted.Key, name, EncryptedName.NewSalt()) : null);
            witness = TextWitness.Create(state.Text, encrypted.Prefix);
            state.Save(old => old! with { Encryption = known, Tried = false });
        }

        Use(encrypted!, known!.Name);
        return new EncryptedSource(source, encrypted!, witness);
    }

    private IUploadSource Encrypted(StreamSource source, ref string name)
    {
        if (_asked.Encryption is not { } how)
            return source;
        var encrypted = EncryptedFile.Create(how);
        var hidden = how.EncryptName ? EncryptedName.Encrypt(encrypted.Key, name, EncryptedName.NewSalt()) : null;
        Use(encrypted, hidden);
        name = hidden ?? name;
        return new EncryptedStream(source, encrypted);
    }

    private void Use(EncryptedFile encrypted, string? name)
    {
        _encrypted = encrypted;
        if (name is null)
            return;
        var folder = _asked.Path?.LastIndexOf('/') ?? -1;
        _upload = _asked with { Name = name, Path = _asked.Path is null ? null : _asked.Path[..(folder + 1)] + name };
    }

    private async Task BeginAsync(StateFile state, FileSource source, string file, string remote, CancellationToken stop)
    {
        var ticks = source.Stamp.Modified.Ticks;
        if (state.State is { } old && old.Kind == "up" && old.File == file && old.Remote == remote)
        {
            if (old.Size == source.Size && old.ModifiedTicks == ticks)
                return;
            // Only a time that changed may hide the same bytes.
            if (old is { Session: { } session, IsStream: false } && old.Size == source.Size
                && _upload is { Protocol: UploadProtocol.Session, Encryption: null } && !calls.Address.IsLink
                && await Session(state).AgreesAsync(source, session, stop))
            {
                state.Save(known => known! with { ModifiedTicks = ticks });
                return;
            }

            if (old.Session is not null)
                throw new TransferException(TransferFailure.SourceChanged, "The source changed since it was begun to be sent.");
        }

        state.Save(known => new TransferState
        {
            Kind = "up",
            File = file,
            Remote = remote,
            Size = source.Size!.Value,
            ModifiedTicks = ticks,
            Generation = known?.Generation ?? 0,
        });
    }

    private async Task<UploadResult> SendAsync(
        StateFile state, IUploadSource source, DateTime modified, string file, string id, CancellationToken stop)
    {
        var body = BodyOf(_upload.Name ?? Path.GetFileName(file), source.Size, modified, ModeOf(file));
        if (_upload.Protocol == UploadProtocol.Tus)
        {
            var address = await new TusUpload(calls, attempts, board, state).SendAsync(source, body, stop);
            return Result(address.Split('/')[^1], calls.Address.IsLink ? null : _upload.Path, source.Size!.Value, null, wasThere: false);
        }

        if (Compares && state.State is { Session: null, Tried: false }
            && await new PresentFile(calls, attempts, board).FindAsync(source, _upload, body.ModifiedAt, body.Mode, stop) is { } present)
            return Result(present.Entry.FileId, present.Entry.Path, source.Size!.Value, present.Sha256, wasThere: true);

        // 3. Send it as one request, one stream or chunks.
        if (_upload.Path is not null && !calls.Address.IsLink && state.State!.Session is null
            && SmallUpload.Takes(source.Size!.Value, calls, options))
        {
            var bytes = new byte[source.Size.Value];
            if (await source.ReadAsync(0, bytes, stop) < bytes.Length || source.HasChanged)
                throw new TransferException(TransferFailure.SourceChanged, "The source changed while it was read.");
            var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
            board.Enter(TransferPhase.Moving);
            if (await new SmallUpload(calls, attempts, board, state, time).SendAsync(_upload, bytes, digest, body, stop) is { } entry)
            {
                return entry is { State: "checking" }
                    ? await CheckedAsync(state, entry.Id, bytes.Length, digest, stop)
                    : Result(entry.FileId, entry.Path, bytes.Length, digest, wasThere: false);
            }
        }

        if (source is FileSource plain && !calls.Address.IsLink
            && _upload is { Protocol: UploadProtocol.Session, Space: null, IsOfPair: false }
            && await new NearUpload(calls, attempts, board, state, options, time).SendAsync(plain, body, stop) is { } near)
            return await CheckedAsync(state, near.Id, source.Size!.Value, near.Sha256, stop);

        var before = board.Moved;
        // Without the state, what was encrypted cannot go on: the key is another one.
        IEnumerable<string> salt = state.State!.Encryption is { } encryption ? [encryption.Salt] : [];
        var (view, sha256) = await Session(state).SendAsync(
            source, body, "cu1-" + StateStore.IdOf([id, Text(source.Size!.Value), Text(modified.Ticks), .. salt]),
            found => IsAtTargetAsync(found, stop), stop);

        // 4. Return its path.
        try
        {
            return await PlacedAsync(view.Id, source.Size.Value, sha256, board.Moved == before && source.Size > 0, stop);
        }
        catch (TransferException failure) when (_upload.IsOfPair && failure.Code == ProblemCodes.NameTaken)
        {
            // Something else is there by now, which the next look sees.
            _ = await calls.SendAsync(calls.Request(HttpMethod.Delete, $"api/files/{view.Id}"), stop);
            state.Save(old => old! with { Session = null, Tried = false });
            throw;
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<UploadResult> CheckedAsync(StateFile state, string id, long size, string digest, CancellationToken stop)
    {
        board.Enter(TransferPhase.Verifying);
        var view = await Session(state).GetAsync(id, stop);
        for (var pause = 0.25; view.State == "checking"; pause = Math.Min(pause * 2, 10))
        {
            await Task.Delay(TimeSpan.FromSeconds(pause), time, stop);
            view = await Session(state).GetAsync(id, stop);
        }

        if (view.State != "completed")
            throw new TransferException(TransferFailure.Refused, $"The _upload is {view.State}: {view.StateReason}.") { Code = view.State };
        return await PlacedAsync(id, size, digest, wasThere: false, stop);
    }

    private async Task<bool> IsAtTargetAsync(SessionAnswer found, CancellationToken stop)
    {
        if (calls.Address.IsLink)
            return true;
        try
        {
            var file = await FileAsync(found.Id, stop);
            if (_upload.Path is not { } path)
                return true;
            if (file.Places is null or [])
                return false;
            // Another file may have taken the name since, and the content may have moved to another name or space.
            if (_upload.Conflict == NameConflict.Rename)
                return file.Places.Any(place => NumberedName.IsOf(path, place));
            var entry = await attempts.PersistAsync(
                _ => calls.SendAsync(
                    calls.Request(HttpMethod.Get, ServiceAddress.Tree(path, _upload.Space) + "?format=json"),
                    ClientJson.Default.EntryAnswer, stop),
                stop);
            return entry.FileId == found.Id;
        }
        catch (TransferException failure) when (failure.Status is 404 or 403 or 410 || failure.Code == ProblemCodes.NotFolder)
        {
            return false;
        }
    }

    private async Task<UploadResult> PlacedAsync(string id, long size, string sha256, bool wasThere, CancellationToken stop)
    {
        if (calls.Address.IsLink)
            return Result(id, null, size, sha256, wasThere);
        try
        {
            var file = await FileAsync(id, stop);
            if (file.UnfiledReason is { } why)
            {
                throw new TransferException(TransferFailure.Conflict, $"The file has arrived as {id} but has no place: {why}")
                {
                    Code = ProblemCodes.NameTaken,
                };
            }

            // Equal content may be at several paths.
            var place = file.Places?.FirstOrDefault(place => place == _upload.Path) ?? (file.Places is [var first, ..] ? first : null);
            return Result(id, place, size, sha256, wasThere);
        }
        catch (TransferException failure) when (failure.Status is 404 or 403)
        {
            // It is complete, but this caller may not read its path.
            return Result(id, null, size, sha256, wasThere);
        }
    }

    private Task<FileAnswer> FileAsync(string id, CancellationToken stop) => attempts.PersistAsync(
        _ => calls.SendAsync(calls.Request(HttpMethod.Get, $"api/files/{id}"), ClientJson.Default.FileAnswer, stop), stop);

    private UploadResult Result(string? id, string? path, long size, string? sha256, bool wasThere)
    {
        board.Done();
        log.Done(board.Name, size, board.Elapsed, board.Saved);
        return new UploadResult(id, path, size, sha256, wasThere, board.Saved, board.Retries, board.Elapsed)
        {
            ContentKey = _encrypted?.Key,
            SavedByCompressing = board.SavedByCompressing,
        };
    }

    /// <summary>Gives up what was sent of another content, and asks for another session next time.</summary>
    private async Task DropAsync(StateFile state, TransferException failure, CancellationToken stop)
    {
        if (!Problems.IsGone(failure))
            await DeleteAsync(state, stop);
        state.Save(old => old! with
        {
            Session = null,
            IsStream = false,
            Begun = [],
            Tried = false,
            Encryption = null,
            Generation = old.Generation + 1,
        });
        board.Know(new RangeSet(), resumed: false);
    }

    private async Task DeleteAsync(StateFile state, CancellationToken stop)
    {
        if (state.State is not { Session: { } session, IsStream: var isStream } || _upload.Protocol != UploadProtocol.Session)
            return;
        try
        {
            _ = await calls.SendAsync(calls.Request(HttpMethod.Delete, isStream ? $"uploads/{session}" : $"api/sessions/{session}"), stop);
        }
        catch (Exception failure) when (failure is TransferException or OperationCanceledException)
        {
            // It expires.
        }
    }

    private NewSessionBody BodyOf(string name, long? size, DateTime? modified, string? mode) => new()
    {
        FileName = _upload.Path is null ? name : null,
        Path = _upload.Path,
        Space = _upload.Space,
        Size = size,
        ContentType = _upload.ContentType,
        Revision = _upload.Revision,
        Conflict = calls.Address.IsLink || _upload.Path is null ? null : _upload.Conflict switch
        {
            NameConflict.Rename => "rename",
            NameConflict.Fail => "fail",
            _ => "replace",
        },
        ModifiedAt = _upload.KeepAttributes && _upload.Path is not null && modified is { } at && UnixTime.IsKept(at)
            ? UnixTime.Text(at)
            : null,
        Mode = _upload.KeepAttributes && _upload.Path is not null && !calls.Address.IsLink ? mode : null,
    };

    private static string? ModeOf(string file) =>
        OperatingSystem.IsWindows() ? null : Convert.ToString((int)File.GetUnixFileMode(file) & 0x1FF, 8).PadLeft(4, '0');
}
