using System.Security.Cryptography;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// Sends many small files in one request: 1. read their bytes; 2. send the archive; 3. read the answer for each file; 4. compare its
/// digests with those of the bytes that were read. Files of a broken archive that have arrived are not sent again.
/// </summary>
/// <param name="remote">The target.</param>
/// <param name="attempts">The policy of retries.</param>
/// <param name="traffic">Receives the progress in bytes.</param>
/// <param name="board">Receives the progress in files.</param>
/// <param name="keepAttributes">Whether times and modes are sent.</param>
/// <param name="postpone">Returns whether a refused file is postponed, so that it has not failed.</param>
internal sealed class PackSender(
    RemoteTree remote, Attempts attempts, ProgressBoard traffic, FolderBoard board, bool keepAttributes,
    Func<LocalEntry, TransferException, bool> postpone)
{
    private const int MostReads = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private long _arrived;

    /// <returns>The files that must be sent alone, because a proxy refuses archives of this size.</returns>
    public async Task<IReadOnlyList<LocalEntry>> SendAsync(IReadOnlyList<LocalEntry> entries, CancellationToken stop)
    {
        // 1. Read their bytes.
        var left = new Dictionary<string, (LocalEntry Entry, byte[] Bytes, string Digest)>(entries.Count);
        foreach (var entry in entries)
        {
            try
            {
                left[remote.Hidden(entry.Path)] = entry.Kind == LocalKind.File ? await ReadAsync(entry, stop) : (entry, [], "");
            }
            catch (TransferException failure)
            {
                board.Failure(entry.Path, failure);
            }
        }

        try
        {
            await attempts.PersistAsync(failures => TryAsync(left, failures, stop), stop);
            return [];
        }
        catch (TransferException failure) when (failure.Code == Problems.ProxyTooLarge)
        {
            if (left.Count == 1)
                return [.. left.Values.Select(item => item.Entry)];
            var rest = left.Values.Select(item => item.Entry).ToList();
            return [.. await SendAsync(rest[..(rest.Count / 2)], stop), .. await SendAsync(rest[(rest.Count / 2)..], stop)];
        }
    }

    private async Task TryAsync(
        Dictionary<string, (LocalEntry Entry, byte[] Bytes, string Digest)> left, int failures, CancellationToken stop)
    {
        if (failures > 0)
            await TakeArrivedAsync(left, stop);
        if (left.Count == 0)
            return;

        // 2. Send the archive.
        var pack = new TarPack();
        foreach (var (path, (entry, bytes, _)) in left)
        {
            var target = remote.Cipher is null ? entry.LinkTarget : remote.Cipher.HideTarget(entry.Path, entry.LinkTarget);
            pack.Add(entry with { Path = path, LinkTarget = target }, bytes, keepAttributes);
        }

        var archive = pack.End();
        ClientMeter.Sent.Add(archive.Length);
        var lines = await remote.UnpackAsync(archive, Patience, stop);

        // 3. Read the answer for each file.
        foreach (var line in lines)
        {
            if (line.Path is null || !left.TryGetValue(line.Path.TrimEnd('/'), out var member))
                continue;
            if (line.Outcome == "failed")
            {
                var failure = new TransferException(
                    Problems.ClassOf(409, line.Code ?? ""), line.Detail ?? "The service refused it.")
                { Code = line.Code };
                // What holds for all of them ends the archive, and is told in its last line.
                if (lines[^1].Complete == true)
                    Remove(left, member.Entry, failure);
            }
            else if (line.Outcome == "unchanged" && keepAttributes && member.Entry.Kind == LocalKind.File)
            {
                // The service leaves a file with the same content as it is, and so its time.
                await remote.SetAttributesAsync(member.Entry, stop);
            }
            else if (line.Outcome == "checking" || member.Entry.Kind != LocalKind.File)
            {
                Remove(left, member.Entry, null);
            }
        }

        if (lines[^1] is { Complete: false } end)
        {
            var failure = Problems.ClassOf(503, end.Code ?? "");
            throw new TransferException(failure, end.Detail ?? "The archive was not read to its end.")
            {
                Code = end.Code,
                IsTransient = failure == TransferFailure.Server || end.Code == ProblemCodes.NoSpace,
            };
        }

        // 4. Compare its digests with those of the bytes that were read.
        await TakeArrivedAsync(left, stop);
        if (left.Count > 0)
        {
            throw new TransferException(TransferFailure.Checksum, "The service has other bytes than the source.") { IsTransient = true };
        }
    }

    private async Task TakeArrivedAsync(
        Dictionary<string, (LocalEntry Entry, byte[] Bytes, string Digest)> left, CancellationToken stop)
    {
        var files = left.Values.Where(item => item.Entry.Kind == LocalKind.File).ToList();
        if (files.Count == 0)
            return;
        var states = await remote.CheckAsync(
            [.. files.Select(item => item.Entry with { Size = item.Bytes.Length })],
            files.ToDictionary(item => item.Entry.Path, item => item.Digest), stop);
        for (var at = 0; at < files.Count; at++)
        {
            if (states[at].State == "equal")
                Remove(left, files[at].Entry, null);
        }
    }

    private void Remove(
        Dictionary<string, (LocalEntry Entry, byte[] Bytes, string Digest)> left, LocalEntry entry, TransferException? failure)
    {
        _ = left.Remove(remote.Hidden(entry.Path));
        if (failure is not null)
        {
            if (!postpone(entry, failure))
                board.Failure(entry.Path, failure);
            return;
        }

        // Resets the count of failures.
        traffic.Received(Interlocked.Add(ref _arrived, entry.Size + 1) - entry.Size - 1, entry.Size + 1, chunk: false);
        board.Done(entry.Path, FolderItemState.Moved, entry.Size);
    }

    private async Task<(LocalEntry Entry, byte[] Bytes, string Digest)> ReadAsync(LocalEntry entry, CancellationToken stop)
    {
        for (var reads = 0; ; reads++)
        {
            using var source = FileSource.Open(entry.Full);
            if (source.Size > UploadPlan.Small)
                throw new TransferException(TransferFailure.SourceChanged, "It grew while it was read; run the same command again.");
            var bytes = new byte[source.Size!.Value];
            if (await source.ReadAsync(0, bytes, stop) == bytes.Length && !source.HasChanged)
            {
                var sent = remote.Cipher?.Files is { } how ? SealedText.Seal(how, bytes, entry.Path) : bytes;
                return (entry with { Size = bytes.Length, Modified = source.Stamp.Modified }, sent,
                    Convert.ToHexStringLower(SHA256.HashData(sent)));
            }

            if (reads >= MostReads)
                throw new TransferException(TransferFailure.SourceChanged, "It changed again and again while it was read.");
        }
    }
}
