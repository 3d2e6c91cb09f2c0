using System.Globalization;
using System.Security.Cryptography;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// One upload from its beginning to its end: 1. its state; 2. the source, and whether it is still the one that was begun; 3. one request,
/// one stream, or chunks; 4. its place. What the service lost, and a source that changed, begin anew.
/// </summary>
internal sealed class UploadRun(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, ChunkUploadClientOptions options, UploadOptions upload, TimeProvider time,
    ILogger log)
{
    private const int MostRestarts = 3;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    public async Task<UploadResult> SendFileAsync(string file, StateStore store, CancellationToken stop)
    {
        // 1.
        file = Path.GetFullPath(file);
        var remote = $"{calls.Address.Base} {upload.Space} {upload.Path}";
        var id = StateStore.IdOf(
            "up", remote, file, upload.Name, upload.Conflict.ToString(), upload.Protocol.ToString(), Environment.MachineName);
        using var state = store.Open(id, board.Name);
        for (var restarts = 0; ; restarts++)
        {
            // 2.
            using var source = FileSource.Open(file);
            board.Size = source.Size;
            try
            {
                await BeginAsync(state, source, file, remote, stop);
                var result = await SendAsync(state, source, file, id, stop);
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
                // Nothing is there that another call could go on with.
                state.Remove();
                throw;
            }
        }
    }

    public async Task<UploadResult> SendStreamAsync(Stream stream, string name, CancellationToken stop)
    {
        using var source = new StreamSource(stream);
        using var state = new StateFile(null, null, name, log);
        state.Save(_ => new TransferState { Kind = "up", File = "-", Remote = upload.Path ?? name });
        try
        {
            var (view, sha256) = await Session(state).SendAsync(
                source, BodyOf(name, calls.Address.IsLink ? source.Size : null, null, null), null, _ => Task.FromResult(false), stop);
            return await PlacedAsync(view.Id, board.Size ?? view.Size ?? 0, sha256, wasThere: false, stop);
        }
        catch (Exception failure) when (failure is OperationCanceledException or TransferException { Failure: TransferFailure.LocalFile })
        {
            // Nobody can go on with it: what came is of no use.
            using var soon = new CancellationTokenSource(Farewell, time);
            await DeleteAsync(state, soon.Token);
            throw;
        }
    }

    private static bool CanBeginAnew(TransferException failure, TransferState? state) =>
        failure.Failure == TransferFailure.SourceChanged || failure.Code == ProblemCodes.FileDigestMismatch
        || (state?.Session is not null && (Problems.IsGone(failure) || failure.Code is "http_404" or "http_410"));

    private SessionUpload Session(StateFile state) => new(calls, attempts, board, state, time, log);

    private async Task BeginAsync(StateFile state, FileSource source, string file, string remote, CancellationToken stop)
    {
        var ticks = source.Stamp.Modified.Ticks;
        if (state.State is { } old && old.Kind == "up" && old.File == file && old.Remote == remote)
        {
            if (old.Size == source.Size && old.ModifiedTicks == ticks)
                return;
            // Only a time that changed may hide the same bytes.
            if (old is { Session: { } session, IsStream: false } && old.Size == source.Size
                && upload.Protocol == UploadProtocol.Session && !calls.Address.IsLink
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

    private async Task<UploadResult> SendAsync(StateFile state, FileSource source, string file, string id, CancellationToken stop)
    {
        var body = BodyOf(upload.Name ?? Path.GetFileName(file), source.Size, source.Stamp.Modified, ModeOf(file));
        if (upload.Protocol == UploadProtocol.Tus)
        {
            var address = await new TusUpload(calls, attempts, board, state).SendAsync(source, body, stop);
            return Result(address.Split('/')[^1], calls.Address.IsLink ? null : upload.Path, source.Size!.Value, null, wasThere: false);
        }

        // 3.
        if (upload.Path is not null && !calls.Address.IsLink && state.State!.Session is null && source.Size <= options.SmallFile)
        {
            var bytes = new byte[source.Size.Value];
            if (await source.ReadAsync(0, bytes, stop) < bytes.Length || source.HasChanged)
                throw new TransferException(TransferFailure.SourceChanged, "The source changed while it was read.");
            var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
            board.Enter(TransferPhase.Moving);
            if (await new SmallUpload(calls, attempts, board, state).SendAsync(upload, bytes, digest, body, stop) is { } entry)
            {
                return entry is { State: "checking" }
                    ? await CheckedAsync(state, entry.Id, bytes.Length, digest, stop)
                    : Result(entry.FileId, entry.Path, bytes.Length, digest, wasThere: false);
            }
        }

        if (upload.Protocol == UploadProtocol.Session && upload.Space is null && !calls.Address.IsLink
            && await new NearUpload(calls, attempts, board, state, options, time).SendAsync(source, body, stop) is { } near)
            return await CheckedAsync(state, near.Id, source.Size!.Value, near.Sha256, stop);

        var before = board.Moved;
        var (view, sha256) = await Session(state).SendAsync(
            source, body, $"cu1-{StateStore.IdOf(id, Text(source.Size!.Value), Text(source.Stamp.Modified.Ticks))}",
            found => IsAtTargetAsync(found, stop), stop);

        // 4.
        return await PlacedAsync(view.Id, source.Size.Value, sha256, board.Moved == before && source.Size > 0, stop);
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
            throw new TransferException(TransferFailure.Refused, $"The upload is {view.State}: {view.StateReason}.") { Code = view.State };
        return await PlacedAsync(id, size, digest, wasThere: false, stop);
    }

    private async Task<bool> IsAtTargetAsync(SessionAnswer found, CancellationToken stop)
    {
        if (calls.Address.IsLink)
            return true;
        try
        {
            var file = await FileAsync(found.Id, stop);
            return upload.Path is null || file.Places?.Count > 0;
        }
        catch (TransferException failure) when (failure.Status is 404 or 403 or 410)
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

            return Result(id, file.Places is [var first, ..] ? first : null, size, sha256, wasThere);
        }
        catch (TransferException failure) when (failure.Status is 404 or 403)
        {
            // It is complete, but this caller may not read where it lies.
            return Result(id, null, size, sha256, wasThere);
        }
    }

    private Task<FileAnswer> FileAsync(string id, CancellationToken stop) => attempts.PersistAsync(
        _ => calls.SendAsync(calls.Request(HttpMethod.Get, $"api/files/{id}"), ClientJson.Default.FileAnswer, stop), stop);

    private UploadResult Result(string? id, string? path, long size, string? sha256, bool wasThere)
    {
        board.Done();
        log.Done(board.Name, size, board.Elapsed, board.Saved);
        return new UploadResult(id, path, size, sha256, wasThere, board.Saved, board.Retries, board.Elapsed);
    }

    /// <summary>Gives up what was sent of another content, and asks for another session next time.</summary>
    private async Task DropAsync(StateFile state, TransferException failure, CancellationToken stop)
    {
        if (!Problems.IsGone(failure))
            await DeleteAsync(state, stop);
        state.Save(old => old! with { Session = null, IsStream = false, Begun = [], Tried = false, Generation = old.Generation + 1 });
        board.Know(new RangeSet(), resumed: false);
    }

    private async Task DeleteAsync(StateFile state, CancellationToken stop)
    {
        if (state.State is not { Session: { } session, IsStream: var isStream } || upload.Protocol != UploadProtocol.Session)
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
        FileName = upload.Path is null ? name : null,
        Path = upload.Path,
        Space = upload.Space,
        Size = size,
        ContentType = upload.ContentType,
        Conflict = calls.Address.IsLink || upload.Path is null ? null : upload.Conflict switch
        {
            NameConflict.Rename => "rename",
            NameConflict.Fail => "fail",
            _ => "replace",
        },
        ModifiedAt = upload.KeepAttributes && upload.Path is not null && modified is { } at && UnixTime.IsKept(at)
            ? UnixTime.Text(at)
            : null,
        Mode = upload.KeepAttributes && upload.Path is not null && !calls.Address.IsLink ? mode : null,
    };

    private static string? ModeOf(string file) =>
        OperatingSystem.IsWindows() ? null : Convert.ToString((int)File.GetUnixFileMode(file) & 0x1FF, 8).PadLeft(4, '0');
}
