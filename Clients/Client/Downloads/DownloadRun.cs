using System.Security.Cryptography;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Client.Downloads;

/// <summary>
/// Downloads one file: 1. find the file, and the key that opens it; 2. check whether it exists here; 3. preallocate a file beside the
/// target, or open that of an earlier run; 4. fetch ranges in parallel, and hash from the front; 5. compare the digest; 6. rename the file.
/// </summary>
internal sealed class DownloadRun(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, DownloadOptions options, TimeProvider time, ILogger log)
{
    private const int MostRestarts = 2;
    private const int MostRepairs = 3;
    private const int MostAsked = 8;

    // A kill costs at most this many bytes, at any speed.
    private const long SaveEachBytes = 4 << 20;

    private static readonly TimeSpan SaveEach = TimeSpan.FromSeconds(1);

    private readonly ContentFinder _contents = new(calls, attempts, board, options, time);
    private long _savedAt;
    private long _unsaved;
    private int _isSaving;
    private Task _saving = Task.CompletedTask;

    // Whether the wrong ranges have been fetched again without success. Fetching the whole file would not help then.
    private bool _isBeyondRepair;

    /// <summary>The file of the full size beside the target.</summary>
    public static string PartOf(string target, string id) => Path.Combine(Path.GetDirectoryName(target)!, $".{id[..12]}.cu-part");

    /// <param name="source">A path, an id, or a path below a link.</param>
    /// <param name="target">The local file.</param>
    /// <param name="isExact">Whether the target names the file even if it is a folder, which would otherwise get the file.</param>
    /// <param name="store">The store of the state of transfers.</param>
    /// <param name="stop">Cancels the call.</param>
    public async Task<DownloadResult> ToFileAsync(
        string source, string target, bool isExact, StateStore store, CancellationToken stop)
    {
        target = Path.GetFullPath(target);
        var remote = $"{calls.Address.Base} {options.Space} {source}";
        var id = StateStore.IdOf("down", remote, target, Environment.MachineName);
        StateFile? state = null;
        try
        {
            for (var restarts = 0; ; restarts++)
            {
                // 1. Find the file, and the key that opens it.
                var file = await _contents.FindAsync(source, stop);
                if (!isExact && (Path.EndsInDirectorySeparator(target) || Directory.Exists(target)))
                {
                    target = Path.Combine(target, LocalName.Of(file.Name));
                    id = StateStore.IdOf("down", remote, target, Environment.MachineName);
                }

                isExact = true;
                RefuseOtherKinds(target);

                // 2. Check whether it exists here.
                if (await IsHereAsync(file, target, stop) is { } same)
                    return Result(target, file.Size, same, isVerified: true, wasThere: true);
                LocalFaults.MakeFolder(Path.GetDirectoryName(target)!);
                state ??= store.Open(id, board.Name);
                var part = PartOf(target, id);
                try
                {
                    return await FetchAsync(file, target, part, remote, state, stop);
                }
                catch (TransferException failure)
                    when (restarts < MostRestarts
                        && (failure.Status == 412 || (failure.Failure == TransferFailure.Checksum && !_isBeyondRepair)))
                {
                    log.Anew(board.Name, failure.Message);
                    Delete(part);
                    state.Remove();
                    board.Know(new RangeSet(), resumed: false);
                }
                catch (TransferException failure) when (failure.Failure == TransferFailure.Checksum)
                {
                    Delete(part);
                    state.Remove();
                    throw;
                }
            }
        }
        finally
        {
            state?.Dispose();
        }
    }

    public async Task<DownloadResult> ToStreamAsync(string source, Stream target, CancellationToken stop)
    {
        var file = await _contents.FindAsync(source, stop);
        board.Know(new RangeSet(), resumed: false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        board.Enter(TransferPhase.Moving);
        await file.ReadAsync(0, file.Size, WriteAsync, stop);
        await target.FlushAsync(stop);
        var digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        return Result(null, file.Size, digest, await VerifyAsync(file, digest, stop), wasThere: false);

        async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes)
        {
            hash.AppendData(bytes.Span);
            try
            {
                await target.WriteAsync(bytes, stop);
            }
            catch (IOException failure)
            {
                throw TransferException.Local($"The output takes no more: {failure.Message}", failure);
            }
        }
    }

    public async Task<ContentKey> KeyAsync(string source, CancellationToken stop) =>
        ((EncryptedContent)await _contents.FindAsync(source, stop)).Key;

    private async Task<DownloadResult> FetchAsync(
        RemoteContent file, string target, string part, string remote, StateFile state, CancellationToken stop)
    {
        // 3. Preallocate a file beside the target, or open that of an earlier run.
        var old = state.State;
        var isKnown = old is { Kind: "down" } && old.Tag == file.File.Tag && old.Size == file.Size && old.Remote == remote
            && new FileInfo(part) is { Exists: true } there && there.Length == file.Size;
        var written = new WrittenRanges(isKnown ? old!.Written : []);
        string digest;
        using (var output = OpenPart(part, file.Size, isKnown))
        {
            state.Save(_ => new TransferState
            {
                Kind = "down",
                File = target,
                Remote = remote,
                Size = file.Size,
                Tag = file.File.Tag,
                Written = written.Copy().Items,
            });
            board.Know(file.AtService(written.Copy()), isKnown);
            board.Enter(TransferPhase.Moving);

            // 4. and 5.
            bool isVerified;
            for (var repairs = 0; ; repairs++)
            {
                digest = await FillAsync(file, output, written, state, stop);
                try
                {
                    isVerified = await VerifyAsync(file, digest, stop);
                    break;
                }
                catch (TransferException failure) when (failure.Failure == TransferFailure.Checksum)
                {
                    _isBeyondRepair = repairs == MostRepairs;
                    var comparison = new RangeComparison(calls, attempts, board, time);
                    if (_isBeyondRepair || await comparison.FindAsync(file.File, output, stop) is not { Total: > 0 } wrong)
                        throw;
                    log.Repairing(board.Name, wrong.Total);
                    written = new WrittenRanges(wrong.Inverse(file.Size).Items);
                    state.Save(known => known! with { Written = written.Copy().Items });
                    board.Know(file.AtService(written.Copy()), resumed: false);
                    board.Enter(TransferPhase.Moving);
                }
            }

            // 6. Rename the file.
            Local(target, () =>
            {
                // Best effort: on Linux .NET does not report a failed flush.
                RandomAccess.FlushToDisk(output);
                if (!options.KeepAttributes)
                    return;
                if (!OperatingSystem.IsWindows() && file.File.Mode is { } mode)
                    File.SetUnixFileMode(output, (UnixFileMode)(Convert.ToInt32(mode, 8) & 0x1FF));
                if (file.File.Modified is { } modified)
                    File.SetLastWriteTimeUtc(output, modified);
            });
            Local(target, () => File.Move(part, target, options.Overwrite));
            state.Remove();
            return Result(target, file.Size, digest, isVerified, wasThere: false);
        }
    }

    /// <summary>Fetches what is missing.</summary>
    /// <returns>The digest of the whole file.</returns>
    private async Task<string> FillAsync(
        RemoteContent file, SafeFileHandle output, WrittenRanges written, StateFile state, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var hashing = Task.Run(() => FileDigest.AlongAsync(output, file.Size, written, end.Token), CancellationToken.None);
        try
        {
            await ReadAllAsync(file, output, written, state, end.Token);
            board.Enter(TransferPhase.Verifying);
            return await hashing;
        }
        finally
        {
            await end.CancelAsync();
            // A record that is written later would restore the state of a finished download.
            await Task.WhenAll(hashing, _saving).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            state.Save(known => known! with { Written = written.Copy().Items });
        }
    }

    private async Task ReadAllAsync(
        RemoteContent file, SafeFileHandle output, WrittenRanges written, StateFile state, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var pieces = new Queue<RangeView>(written.Copy().Inverse(file.Size).Items.SelectMany(gap => Pieces.Of(gap, options.MaxPiece)));
        var many = options.MaxConnections is null && await new NearService(calls, time).IsNearAsync(file.File, end.Token)
            ? 1
            : board.Advice.Streams;
        var lanes = Enumerable.Range(0, Math.Min(many, pieces.Count)).Select(_ => Task.Run(LaneAsync)).ToList();
        try
        {
            while (lanes.Count > 0)
            {
                var done = await Task.WhenAny(lanes);
                _ = lanes.Remove(done);
                await done;
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(lanes).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        async Task LaneAsync()
        {
            while (true)
            {
                RangeView? piece;
                lock (pieces)
                {
                    if (!pieces.TryDequeue(out piece))
                        return;
                }

                for (var repairs = 0; ; repairs++)
                {
                    try
                    {
                        await file.ReadAsync(piece.Offset, piece.Length, WriteAsync, end.Token);
                        break;
                    }
                    catch (TransferException failure) when (failure is { Failure: TransferFailure.Checksum, Status: null })
                    {
                        // Each chunk of an encrypted file is verified on arrival, so that only one range is fetched again.
                        _isBeyondRepair |= repairs == MostRepairs;
                        if (_isBeyondRepair)
                            throw;
                        log.Repairing(board.Name, piece.Length);
                    }
                }
            }
        }

        async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes)
        {
            try
            {
                await RandomAccess.WriteAsync(output, bytes, offset, end.Token);
            }
            catch (IOException failure)
            {
                throw LocalFaults.Writing(state.State?.File ?? board.Name, failure);
            }

            written.Add(offset, bytes.Length);
            var unsaved = Interlocked.Add(ref _unsaved, bytes.Length);
            if ((unsaved >= SaveEachBytes || time.GetElapsedTime(Interlocked.Read(ref _savedAt)) > SaveEach)
                && Interlocked.Exchange(ref _isSaving, 1) == 0)
            {
                _ = Interlocked.Exchange(ref _savedAt, time.GetTimestamp());
                _ = Interlocked.Exchange(ref _unsaved, 0);
                // The next bytes are written meanwhile.
                _saving = Task.Run(
                    () =>
                    {
                        state.Save(known => known! with { Written = written.Copy().Items });
                        Volatile.Write(ref _isSaving, 0);
                    },
                    CancellationToken.None);
            }
        }
    }

    /// <returns>False if the service does not know the digest yet.</returns>
    private async Task<bool> VerifyAsync(RemoteContent content, string digest, CancellationToken stop)
    {
        if (content.IsAuthentic)
            return true;
        var (file, known) = (content.File, content.File.Sha256);
        for (var (asked, pause) = (0, 0.25); known is null && asked < MostAsked; asked++, pause *= 2)
        {
            await Task.Delay(TimeSpan.FromSeconds(pause), time, stop);
            var now = await _contents.Files.AskAsync(file.Address, null, stop);
            known = now.Tag == file.Tag ? now.Sha256 : throw new TransferException(
                TransferFailure.Checksum, "The file changed at the service while it was downloaded.");
        }

        if (known is not null && known != digest)
            throw new TransferException(TransferFailure.Checksum, "The bytes that came are not those of the service.");
        return known is not null;
    }

    /// <returns>The digest if the file at the target already has this content; otherwise, null.</returns>
    private async Task<string?> IsHereAsync(RemoteContent file, string target, CancellationToken stop)
    {
        if (options.Overwrite || !File.Exists(target))
            return null;
        if (file.File.Sha256 is { } digest && new FileInfo(target).Length == file.Size)
        {
            using var local = FileSource.Open(target);
            using var source = file.AsSource(local);
            using var whole = new WholeDigest(source, apart: false);
            if (await whole.EndAsync(stop) == digest)
                return digest;
        }

        throw new TransferException(TransferFailure.Conflict, $"{target} is there with another content.");
    }

    /// <summary>A folder would take the file in, and a device or a pipe would be replaced by it.</summary>
    private static void RefuseOtherKinds(string target)
    {
        var there = new FileInfo(target);
        if (there.LinkTarget is null && Directory.Exists(target))
            throw new TransferException(TransferFailure.Conflict, $"{target} is a folder here, and a file at the service.");
        if (File.Exists(target) && !RegularFile.Is(there))
        {
            throw new TransferException(
                TransferFailure.Conflict, $"{target} is a pipe or a device. Fetch it as a stream: cu get … -o - > {target}");
        }
    }

    internal static SafeFileHandle OpenPart(string part, long size, bool isKnown)
    {
        try
        {
            var output = File.OpenHandle(
                part, isKnown ? FileMode.Open : FileMode.Create, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous,
                isKnown ? 0 : size);
            if (!isKnown)
                RandomAccess.SetLength(output, size);
            return output;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw LocalFaults.Writing(part, failure, size);
        }
        catch (ArgumentOutOfRangeException failure)
        {
            // This is how .NET reports that the file system cannot have files of this size.
            throw TransferException.Local($"A file of {size} bytes is too large for the file system of {part}.", failure);
        }
    }

    private static void Local(string target, Action act)
    {
        try
        {
            act();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw LocalFaults.Writing(target, failure);
        }
    }

    private static void Delete(string part) => Local(part, () => File.Delete(part));

    private DownloadResult Result(string? target, long size, string digest, bool isVerified, bool wasThere)
    {
        board.Done();
        log.Done(board.Name, size, board.Elapsed, board.Saved);
        return new DownloadResult(target, size, digest, isVerified, wasThere, board.Saved, board.Retries, board.Elapsed);
    }
}
