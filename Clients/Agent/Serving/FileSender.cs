using System.Collections.Concurrent;
using System.Globalization;
using ChunkUpload.Client;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Sends one file that a member has asked for. 1. Finds the file in the journal, in the version that the member asked for. 2. Takes its
/// bytes from those of the day. 3. Claims the transfer. 4. Sends the bytes, over the service or straight to the device that receives them,
/// reports how many, and stops if the service refuses the report. 5. Reports that all bytes are sent, or why they are not.
/// </summary>
/// <param name="client">Tells the service.</param>
/// <param name="relay">Sends the bytes, under the limits of bandwidth.</param>
/// <param name="straight">Serves other devices; <c>null</c> if the agent does not listen.</param>
/// <param name="sent">Receives the digest of a version that was sent.</param>
internal sealed class FileSender(
    ChunkUploadClient client, ChunkUploadClient relay, FolderJournal journal, string root, Guid project, string place, Guid claim,
    SentBytes day, StraightSender? straight, Action<JournalEntry, byte[]> sent)
{
    private const string TooLargeForDay = "too_large_for_day";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // The service keeps times less exactly than file systems do.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(2);

    // One version for several members is sent once: it has one session at the service.
    private readonly ConcurrentDictionary<(string Path, long Modified), Task> _sending = new();

    /// <returns>After which time to try again; <c>null</c> if the transfer is no concern any more.</returns>
    public async Task<TimeSpan?> SendAsync(FileTransferAnswer row, TransferPulse pulse, CancellationToken stop)
    {
        try
        {
            return await TrySendAsync(row, pulse, stop);
        }
        catch (TransferException failure) when (IsFinal(failure))
        {
            // 5. Reports that all bytes are sent, or why they are not.
            return await FailAsync(row, failure, stop);
        }
        catch (TransferException failure)
        {
            // If the transfer is retried, an event reports the new attempt.
            return pulse.HasEnded || failure.Code == ProblemCodes.TransferEnded ? null
                : IsOver(failure) ? Soon : failure.RetryAfter ?? Minute;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // It is not wanted any more.
            return pulse.HasEnded ? null : Soon;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<TimeSpan?> TrySendAsync(FileTransferAnswer row, TransferPulse pulse, CancellationToken stop)
    {
        // 1. Finds the file in the journal, in the version that the member asked for.
        if (!journal.IsPresent(root))
            return Minute;
        var entry = EntryOf(row) ?? throw RootedFile.Changed();
        using var source = RootedFile.Open(root, entry);

        // 2. Takes its bytes from those of the day.
        var attempt = string.Create(CultureInfo.InvariantCulture, $"{row.Id} {row.Attempt}");
        if (!day.Allows(entry.Size))
        {
            throw new TransferException(TransferFailure.LocalFile, "The file is larger than what the device sends in a day.")
            {
                Code = TooLargeForDay,
            };
        }

        if (!day.TryTake(attempt, entry.Size, out var before))
            return Hour;

        // 3. Claims the transfer.
        FileTransferAnswer claimed;
        try
        {
            claimed = await client.PatchFileTransferAsync(
                project, row.Id, Change(row) with { Status = FileTransferWords.InProgress, Addresses = straight?.Addresses }, stop);
        }
        catch (TransferException failure) when (failure.Status is not null)
        {
            day.Settle(attempt, before);
            throw;
        }

        // 4.
        StraightOffer? offer = null;
        try
        {
            offer = straight is { Addresses.Count: > 0 } ? straight.Offer(claimed, entry, pulse) : null;
            var pause = await SendAsync(claimed, entry, source, offer, pulse, stop);
            if (pause is not null)
                Settle();
            return pause;
        }
        catch (Exception)
        {
            Settle();
            throw;
        }
        finally
        {
            if (offer is not null)
                straight!.Withdraw(offer);
        }

        // The offset that the service reports is not trusted.
        void Settle() => day.Settle(attempt, Math.Min(entry.Size, before + source.Given + (offer?.Source.Given ?? 0)));
    }

    /// <summary>Sends in the way that the receiver uses, which may change meanwhile.</summary>
    private async Task<TimeSpan?> SendAsync(
        FileTransferAnswer claimed, JournalEntry entry, RootedFile source, StraightOffer? offer, TransferPulse pulse,
        CancellationToken stop)
    {
        for (var row = claimed; ;)
        {
            if (row.IsStraight)
            {
                if (offer is null)
                {
                    // It does not listen any more; the receiver notices that, and uses the relay.
                    await pulse.WaitAsync(Beat, stop);
                    row = await client.FileTransferAsync(project, claimed.Id, stop);
                    if (!row.IsOpen || row.Attempt != claimed.Attempt)
                        return null;
                    continue;
                }

                var outcome = await straight!.ServeAsync(row, offer, entry, pulse, stop);
                if (outcome != StraightOutcome.Relay)
                    return outcome == StraightOutcome.Over ? null : Minute;
            }

            // What was bound to the attempt meanwhile is known to the service alone.
            row = row.IsStraight ? await client.FileTransferAsync(project, claimed.Id, stop) : row;
            if (row.IsStraight)
                continue;
            if (!row.IsOpen || row.Attempt != claimed.Attempt)
                return null;
            if (await RelayAsync(row, entry, source, offer, pulse, stop) is not { } changed)
                return null;
            row = changed;
        }
    }

    /// <returns>The transfer if its receiver takes it straight; <c>null</c> once all is sent.</returns>
    private async Task<FileTransferAnswer?> RelayAsync(
        FileTransferAnswer row, JournalEntry entry, RootedFile source, StraightOffer? offer, TransferPulse pulse,
        CancellationToken stop)
    {
        var (moved, done) = (new Moved(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        while (_sending.GetOrAdd((entry.Path, entry.Modified), done.Task) is var other && other != done.Task)
            await other.WaitAsync(stop);
        try
        {
            var (digest, changed) = await FollowedAsync(row, source, moved, offer, pulse, stop);
            if (digest is null)
                return changed;
            if (row.RelayRanges is not null)
                digest = Convert.ToHexStringLower(await WholeAsync(entry, offer, stop));
            sent(entry, Convert.FromHexString(digest));
            // 5. Reports that all bytes are sent, or why they are not.
            _ = await client.ChangeFileTransferAsync(
                project, row.Id, Change(row) with { Status = FileTransferWords.Completed, Hash = digest }, stop);
            return null;
        }
        finally
        {
            _ = _sending.TryRemove((entry.Path, entry.Modified), out _);
            done.SetResult();
        }
    }

    /// <summary>Returns the digest of the whole file, of which a part was relayed.</summary>
    private async Task<byte[]> WholeAsync(JournalEntry entry, StraightOffer? offer, CancellationToken stop)
    {
        if (entry.Sha256 is { } known)
            return known;
        if (offer?.Digest is { } computed)
            return Convert.FromHexString(computed);
        // Not by the source, which counts what leaves the computer.
        using var file = RootedFile.Open(root, entry);
        return await file.HashAsync(stop);
    }

    /// <summary>
    /// Finds the entry of the journal, by its whole path: no text of the service becomes a path. Another version than the one that was
    /// asked for does not count.
    /// </summary>
    private JournalEntry? EntryOf(FileTransferAnswer row)
    {
        var above = place == "/" ? "/" : place + "/";
        if (!row.FilePath.StartsWith(above, StringComparison.Ordinal) || journal.Find(row.FilePath[above.Length..]) is not { } entry)
            return null;
        var modified = new DateTimeOffset(entry.Modified, TimeSpan.Zero);
        return entry.Size == row.TotalBytes
            && (row.ModifiedAt is not { } asked || (asked - modified).Duration() < Tolerance)
            ? entry
            : null;
    }

    /// <summary>Sends, and tells every second how far it is. A refusal ends the sending: nobody wants the bytes any more.</summary>
    /// <returns>The digest; or the transfer if its receiver takes it straight now.</returns>
    private async Task<(string? Digest, FileTransferAnswer? Changed)> FollowedAsync(
        FileTransferAnswer claimed, RootedFile source, Moved moved, StraightOffer? offer, TransferPulse pulse,
        CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var telling = TellAsync(claimed, source, moved, offer, pulse, end);
        try
        {
            IUploadSource sought = claimed.RelayRanges is { } ranges ? new RangesOfSource(source, ranges) : source;
            return (await relay.SendFileTransferAsync(sought, claimed, claim, moved, end.Token), null);
        }
        catch (Exception failure) when (failure is OperationCanceledException or TransferException && !stop.IsCancellationRequested)
        {
            await end.CancelAsync();
            if (await telling is { } changed)
                return (null, changed);
            if (source.HasChanged)
                throw RootedFile.Changed(failure);
            // The receiver has found the way to this device just before, or has lost what it had, so that another relay begins.
            if (failure is TransferException { IsTransient: false } && !pulse.HasEnded
                && await client.FileTransferAsync(project, claimed.Id, stop) is { IsOpen: true } row && row.Attempt == claimed.Attempt
                && IsOtherWay(row, claimed, offer))
                return (null, row);
            throw;
        }
        finally
        {
            await end.CancelAsync();
            _ = await telling;
        }
    }

    /// <returns>The transfer if its receiver takes it straight now, or lacks more by now than what is relayed.</returns>
    private async Task<FileTransferAnswer?> TellAsync(
        FileTransferAnswer claimed, RootedFile source, Moved moved, StraightOffer? offer, TransferPulse pulse, CancellationTokenSource end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await pulse.WaitAsync(Beat, end.Token);
                // Bytes of a changed file are useless.
                if (pulse.HasEnded || source.HasChanged)
                {
                    await end.CancelAsync();
                    return null;
                }

                var row = await client.PatchFileTransferAsync(
                    project, claimed.Id,
                    Change(claimed) with
                    {
                        BytesTransferred = Math.Min(
                            moved.Safe + claimed.TotalBytes - (claimed.RelayRanges?.Sum(range => range.Length) ?? claimed.TotalBytes),
                            claimed.TotalBytes),
                        Addresses = offer is null ? null : straight!.Addresses,
                    },
                    end.Token);
                offer?.Take(row.Straight);
                var isChanged = row.IsOpen && IsOtherWay(row, claimed, offer);
                if (!row.IsOpen || row.Attempt != claimed.Attempt || isChanged)
                {
                    await end.CancelAsync();
                    return isChanged && row.Attempt == claimed.Attempt ? row : null;
                }
            }
            catch (TransferException failure) when (failure.Status is 401 or 403 or 404 or 409 or 410)
            {
                await end.CancelAsync();
            }
            catch (TransferException)
            {
                // The network is not available. The sender decides how long to retry.
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Returns whether the file goes straight by now, or other ranges of it are relayed than at the claim.</summary>
    private static bool IsOtherWay(FileTransferAnswer row, FileTransferAnswer claimed, StraightOffer? offer) =>
        row.IsStraight ? offer is not null : !(row.RelayRanges ?? []).SequenceEqual(claimed.RelayRanges ?? []);

    private async Task<TimeSpan?> FailAsync(FileTransferAnswer row, TransferException failure, CancellationToken stop)
    {
        var isChange = failure.Failure is TransferFailure.SourceChanged or TransferFailure.Checksum;
        try
        {
            _ = await client.ChangeFileTransferAsync(
                project, row.Id,
                Change(row) with
                {
                    Status = FileTransferWords.Failed,
                    ErrorCode = isChange ? FileTransferWords.FileChanged : FileTransferWords.SourceFailed,
                    ErrorMessage = isChange ? "The file changed on the device." : SentenceOf(failure),
                },
                stop);
            return null;
        }
        catch (TransferException)
        {
            return Minute;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private FileTransferChangeBody Change(FileTransferAnswer row) => new(row.Attempt) { Claim = claim };

    /// <summary>Returns whether this attempt cannot succeed.</summary>
    private static bool IsFinal(TransferException failure) => failure is { IsTransient: false }
        && failure.Failure is TransferFailure.SourceChanged or TransferFailure.LocalFile or TransferFailure.Checksum
            or TransferFailure.Quota or TransferFailure.Unexpected;

    /// <summary>Returns whether the attempt or its session has ended, of which the next list tells more.</summary>
    private static bool IsOver(TransferException failure) => failure.Code is ProblemCodes.AttemptOver or ProblemCodes.TransferEnded
        or ProblemCodes.NoSuchTransfer || failure.Status is 404 or 410;

    /// <summary>Returns the reason without details of this computer, because other members see it.</summary>
    private static string SentenceOf(TransferException failure) => failure.Code == TooLargeForDay ? failure.Message
        : failure.Failure switch
        {
            TransferFailure.Quota => "The service has no room for the file in the quotas of the device's user.",
            TransferFailure.LocalFile => "The device cannot read the file.",
            _ => "The device cannot send the file.",
        };

    /// <summary>The progress of sending.</summary>
    private sealed class Moved : IProgress<TransferProgress>
    {
        private long _safe;

        public long Safe => Interlocked.Read(ref _safe);

        public void Report(TransferProgress value) => Interlocked.Exchange(ref _safe, value.Safe);
    }
}
