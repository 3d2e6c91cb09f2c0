using System.Globalization;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Straight;
using ChunkUpload.Wire;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.Projects;

/// <summary>A file of a device that has arrived.</summary>
/// <param name="WasThere">The same content existed already, so no request was made.</param>
/// <param name="SavedByResuming">The bytes that an earlier run has fetched.</param>
internal sealed record ProjectFileResult(
    string File, long Size, string Sha256, bool WasThere, long SavedByResuming, int Retries, TimeSpan Elapsed)
{
    /// <summary>How the last bytes came: straight, overlay or relay; <c>null</c> if none had to come.</summary>
    public string? Way { get; init; }

    /// <summary>Why they came through the service, as a word.</summary>
    public string? WayReason { get; init; }
}

/// <summary>
/// Fetches a file of a device: 1. where it goes, and whether it is there; 2. the transfer, a new one or the one of an earlier run; 3. the
/// wait until the device sends; 4. the bytes, from the device itself or followed while they arrive at the service; 5. the comparison of
/// digests, and the whole file once more if they differ; 6. file, manifest, and the word to the service, each of which may be repeated.
/// </summary>
internal sealed class ProjectDownload(
    ChunkUploadClient client, ServiceCalls calls, Attempts attempts, ProgressBoard board, StateStore states, bool overwrite,
    StraightWay? straight, TimeProvider time, ILogger log)
{
    private const string Kind = "project";

    private static readonly TimeSpan VerySoon = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(3);

    // So long the word of the device is waited for that it has sent all.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly Task<bool> Never = new TaskCompletionSource<bool>().Task;

    private readonly RemoteFiles _files = new(calls, attempts);

    /// <param name="ordered">A transfer that was asked for with others, and its place.</param>
    public async Task<ProjectFileResult> RunAsync(
        Guid project, string path, string target, CancellationToken stop, OrderedFile? ordered = null)
    {
        // 1. Where it goes, and whether it is there.
        path = "/" + path.Trim('/');
        var place = ordered?.Place ?? await ProjectPlace.OfAsync(project, path, target, overwrite, states, time, stop);
        var remote = $"project {calls.Address.Base} {project} {path}";
        using var state = states.Open(StateStore.IdOf(remote, place.Target), board.Name);
        if (state.State is { } old && (old.Kind != Kind || old.Remote != remote || old.File != place.Target))
            state.Remove();
        if (state.State is { Sha256: not null } && IsHere(place, state))
            return await PlaceAsync(project, path, place, state, stop);
        if (ordered is null && state.State is null && await IsPresentAsync(project, path, place, stop) is { } present)
            return Result(place, present.Size, present.Sha256, wasThere: true);
        place.RefuseOther();

        // 2. The transfer, a new one or the one of an earlier run.
        var row = await GoOnAsync(project, place, state, stop)
            ?? await AskAsync(project, path, remote, place, state, ordered?.Row, stop);
        for (var isSecond = false; ; isSecond = true)
        {
            // 3. and 4.
            string digest;
            try
            {
                (row, digest) = await FetchAsync(project, row, place, state, stop);
            }
            catch (TransferException failure) when (FileTransferFaults.IsFinal(failure))
            {
                LocalTree.Try(() => File.Delete(place.PartOf(state)));
                state.Remove();
                throw FileTransferFaults.ForPeople(failure);
            }

            // 5. The comparison of digests, and the whole file once more if they differ.
            if (digest == row.FileHash)
            {
                state.Save(saved => saved! with { Sha256 = digest, Generation = row.Attempt });
                return await PlaceAsync(project, path, place, state, stop);
            }

            log.Anew(board.Name, "The bytes that came are not those that the device has sent.");
            LocalTree.Try(() => File.Delete(place.PartOf(state)));
            state.Save(saved => saved! with { Written = [] });
            if (!isSecond)
                continue;
            state.Remove();
            await FailAsync(project, row, stop);
            throw new TransferException(
                TransferFailure.Checksum, "Twice, the bytes that came were not those that the device has sent. Ask again.")
            {
                Code = FileTransferWords.DigestMismatch,
            };
        }
    }

    /// <summary>Returns whether the verified file of an earlier run still exists.</summary>
    private static bool IsHere(ProjectPlace place, StateFile state)
    {
        var size = state.State!.Size;
        if (new FileInfo(place.PartOf(state)) is { Exists: true } part ? part.Length == size
            : new FileInfo(place.Target) is { Exists: true } file && file.Length == size)
            return true;
        state.Save(saved => saved! with { Sha256 = null, Written = [] });
        return false;
    }

    /// <returns><c>null</c> if the file has to be asked for.</returns>
    private async Task<(long Size, string Sha256)?> IsPresentAsync(
        Guid project, string path, ProjectPlace place, CancellationToken stop)
    {
        if (!File.Exists(place.Target)
            || await client.FindRemoteFileAsync(project, path, stop) is not { Hash: { } hash } file
            || new FileInfo(place.Target).Length != file.Size || await LocalDigest.OfAsync(place.Target, stop) != hash)
            return null;
        await place.Files.PutAsync(new SyncedFile(path, place.Name, hash, file.Size, time.GetUtcNow().UtcDateTime), stop);
        return (file.Size, hash);
    }

    /// <returns>The transfer of an earlier run; <c>null</c> if there is none, or none with which to go on.</returns>
    private async Task<FileTransferAnswer?> GoOnAsync(Guid project, ProjectPlace place, StateFile state, CancellationToken stop)
    {
        if (state.State is not { Session: { } session } || !Guid.TryParse(session, out var id))
            return null;
        try
        {
            var row = await client.FileTransferAsync(project, id, stop);
            if (row.Status == FileTransferWords.Failed && row.ErrorCode is FileTransferWords.RelayEnded or FileTransferWords.SourceFailed
                or FileTransferWords.ReceiverFailed or FileTransferWords.Expired)
                row = await client.RetryFileTransferAsync(project, id, stop);
            if (row.IsOpen && row.TotalBytes == state.State.Size && (row.ModifiedAt?.UtcTicks ?? 0) == state.State.ModifiedTicks)
                return row;
            if (row.IsOpen)
            {
                // Another attempt may be for the version that the list has now.
                LocalTree.Try(() => File.Delete(place.PartOf(state)));
                state.Save(saved => With(row, saved!) with { Written = [] });
                return row;
            }
        }
        catch (TransferException failure) when (failure.Status is 404 or 409)
        {
            // It has ended, or another command has started it again.
        }

        LocalTree.Try(() => File.Delete(place.PartOf(state)));
        state.Remove();
        return null;
    }

    private async Task<FileTransferAnswer> AskAsync(
        Guid project, string path, string remote, ProjectPlace place, StateFile state, FileTransferAnswer? ordered, CancellationToken stop)
    {
        var row = ordered ?? await client.FileTransferAsync(
            project, (await client.AskForFileAsync(project, path, stop)).DownloadId, stop);
        state.Save(_ => With(row, new TransferState { Kind = Kind, File = place.Target, Remote = remote }));
        return row;
    }

    private static TransferState With(FileTransferAnswer row, TransferState state) => state with
    {
        Size = row.TotalBytes,
        ModifiedTicks = row.ModifiedAt?.UtcTicks ?? 0,
        Session = row.Id.ToString(),
        Generation = row.Attempt,
    };

    /// <returns>The transfer with the digest of what was sent, and the digest of what came.</returns>
    private async Task<(FileTransferAnswer Row, string Digest)> FetchAsync(
        Guid project, FileTransferAnswer row, ProjectPlace place, StateFile state, CancellationToken stop)
    {
        board.Size = row.TotalBytes;
        await using var part = PartFile.Open(place.PartOf(state), row.TotalBytes, state, board, time);
        while (true)
        {
            // 3. The wait until the device sends.
            row = await WaitAsync(project, row, stop);
            try
            {
                // The service cannot know that this command takes the file only from there.
                if (straight is null && row.IsStraight)
                {
                    row = await client.ChangeFileTransferAsync(
                        project, row.Id,
                        new FileTransferChangeBody(row.Attempt) { Way = FileTransferWords.Relay, Missing = part.Missing }, stop);
                }

                // 4. The device's information about its file takes precedence over the service's.
                var known = straight is not null && row.IsStraight
                    ? await straight.RunAsync(project, row, part, stop)
                    : await RelayAsync(project, row, part, stop);
                if (known is not null)
                    return (row with { FileHash = known }, await part.DigestAsync(stop));
                row = Open(await client.FileTransferAsync(project, row.Id, stop));
            }
            catch (TransferException failure)
                when (failure.Status is 404 or 409 or 410 or 412 && failure.Code is not ProblemCodes.StraightOnly)
            {
                // The attempt has ended: the transfer says whether there is another one.
                row = Open(await client.FileTransferAsync(project, row.Id, stop));
                await Task.Delay(Soon, time, stop);
            }
        }
    }

    /// <summary>Follows the file through the service, until the device itself can be reached.</summary>
    /// <returns>The digest that the service has computed; <c>null</c> if the transfer has to be read again.</returns>
    private async Task<string?> RelayAsync(Guid project, FileTransferAnswer row, PartFile part, CancellationToken stop)
    {
        // The bytes of an earlier run may be lost.
        if (row.RelayRanges is { } relayed && !part.IsCompletedBy(relayed))
        {
            row = await client.ChangeFileTransferAsync(
                project, row.Id,
                new FileTransferChangeBody(row.Attempt)
                {
                    Way = FileTransferWords.Relay,
                    WayReason = straight?.Reason,
                    Missing = part.Missing,
                },
                stop);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var back = straight is null ? Never : straight.IsBackAsync(project, row, end.Token);
        var coming = FollowAsync(project, row, part, end.Token);
        try
        {
            return await Task.WhenAny(back, coming) == back && await back ? null : await coming;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(coming, straight is null ? Task.CompletedTask : back).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task<string> FollowAsync(Guid project, FileTransferAnswer row, PartFile part, CancellationToken stop)
    {
        var address = $"api/projects/{project}/transfers/{row.Id}/content";
        if (row is { AllSent: true, FileHash: { } whole })
        {
            // It is there, verified, and needs no question.
            var tag = string.Create(CultureInfo.InvariantCulture, $"\"{row.Id:n}-{row.Attempt}\"");
            await new ContentFollower(calls, attempts, board, time).FetchAsync(
                new RemoteFile(address, row.FilePath, row.TotalBytes, tag, whole, null, null), part, stop);
            return whole;
        }

        var content = await _files.AskAsync(address, null, stop);
        if (content.Size != row.TotalBytes)
            throw TransferException.Invalid("The content has another size than the file that was asked for.");
        await new ContentFollower(calls, attempts, board, time).FetchAsync(content, part, stop);
        // The service has the digest once the last byte has come and is verified there.
        while (true)
        {
            if ((row.FileHash ?? content.Sha256) is { } known)
                return known;
            await Task.Delay(VerySoon, time, stop);
            row = Open(await client.FileTransferAsync(project, row.Id, stop));
            content = await _files.AskAsync(address, null, stop);
        }
    }

    /// <summary>Waits until the device sends, and reports the reason.</summary>
    private async Task<FileTransferAnswer> WaitAsync(Guid project, FileTransferAnswer row, CancellationToken stop)
    {
        while (Open(row).Status == FileTransferWords.Pending)
        {
            using (board.Waiting(Reason(row)))
            {
                // The request also shows the service that the receiver is online.
                await Task.Delay(
                    row.WaitsFor is FileTransferWords.WaitsForApproval or FileTransferWords.WaitsForDevice
                        or FileTransferWords.WaitsForDeviceKey ? Later : Soon,
                    time, stop);
                row = await client.FileTransferAsync(project, row.Id, stop);
            }
        }

        return row;
    }

    private static string Reason(FileTransferAnswer row) => row.WaitsFor switch
    {
        FileTransferWords.WaitsForApproval => $"It waits until the user of {row.SourceDevice.Name} approves the request.",
        FileTransferWords.WaitsForDevice => $"It waits until {row.SourceDevice.Name} is online.",
        FileTransferWords.WaitsForDeviceKey =>
            $"{row.SourceDevice.Name} has lost the key by which other devices know it. It waits until its user brings the key back, or "
            + "signs in anew there.",
        FileTransferWords.WaitsForStraight =>
            $"The files of this folder never go through the service. It waits until {row.SourceDevice.Name} listens for this computer "
            + "(cu agent serve --listen).",
        FileTransferWords.WaitsForRoom => "It waits until the service has room to relay it.",
        FileTransferWords.WaitsForDay => $"{row.SourceDevice.Name} has sent all that it sends in a day. It goes on tomorrow.",
        _ => $"It waits until {row.SourceDevice.Name} begins to send.",
    };

    private static FileTransferAnswer Open(FileTransferAnswer row) => row.IsOpen ? row : throw FileTransferFaults.Of(row);

    private async Task<ProjectFileResult> PlaceAsync(
        Guid project, string path, ProjectPlace place, StateFile state, CancellationToken stop)
    {
        // 6. File, manifest, and the word to the service, each of which may be repeated.
        var known = state.State!;
        place.Take(place.PartOf(state), known.ModifiedTicks);
        await place.Files.PutAsync(new SyncedFile(path, place.Name, known.Sha256!, known.Size, time.GetUtcNow().UtcDateTime), stop);
        try
        {
            await CompleteAsync(project, Guid.Parse(known.Session!), known, stop);
        }
        catch (TransferException failure) when (failure.Status is 404 or 409)
        {
            // The file is here and verified, whatever became of the transfer.
        }

        state.Remove();
        return Result(place, known.Size, known.Sha256!, wasThere: false);
    }

    private async Task CompleteAsync(Guid project, Guid transfer, TransferState known, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                _ = await client.ChangeFileTransferAsync(
                    project, transfer,
                    new FileTransferChangeBody(known.Generation)
                    {
                        Status = FileTransferWords.Completed,
                        Hash = known.Sha256,
                        CompletedAt = time.GetUtcNow(),
                    },
                    stop);
                return;
            }
            catch (TransferException failure) when (failure.Code == ProblemCodes.NotSent && time.GetElapsedTime(began) < Patience)
            {
                // The digest was known before; the device is about to say that all is sent, unless it has ended meanwhile.
                using (board.Waiting("All of it is here. It waits until the device says so, too."))
                    await Task.Delay(Soon, time, stop);
            }
        }
    }

    private async Task FailAsync(Guid project, FileTransferAnswer row, CancellationToken stop)
    {
        try
        {
            _ = await client.ChangeFileTransferAsync(
                project, row.Id,
                new FileTransferChangeBody(row.Attempt)
                {
                    Status = FileTransferWords.Failed,
                    ErrorCode = FileTransferWords.DigestMismatch,
                    ErrorMessage = "The receiver computed another SHA-256.",
                },
                stop);
        }
        catch (TransferException failure) when (failure.Status is 404 or 409)
        {
            // It is over already.
        }
    }

    private ProjectFileResult Result(ProjectPlace place, long size, string digest, bool wasThere)
    {
        board.Done();
        log.Done(board.Name, size, board.Elapsed, board.Saved);
        return new ProjectFileResult(place.Target, size, digest, wasThere, board.Saved, board.Retries, board.Elapsed)
        {
            Way = wasThere ? null : straight?.Way ?? FileTransferWords.Relay,
            WayReason = wasThere ? null : straight?.Reason,
        };
    }
}
