using System.Globalization;
using System.Security.Cryptography;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// Sends the chunks of a session, several at a time. A chunk that broke off goes on behind what the service has kept of it; one that a
/// proxy does not take is sent in halves.
/// </summary>
internal sealed class ChunkSender(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, StateFile state, ChunkCompressor compressor, TimeProvider time,
    string session) : IAsyncDisposable
{
    private const int Least = 64 << 10;

    private readonly SilenceWatch _watch = new(
        calls, time, () => board.Advice.ProbeAfter, async (over, limit, guard) =>
        {
            var answer = await calls.SendAsync(calls.Request(HttpMethod.Get, $"api/sessions/{session}"), guard, over);
            var silent = answer.Read(ClientJson.Default.SessionAnswer).Advice?.SilentMs;
            return silent is null || silent >= limit.TotalMilliseconds;
        });

    // The chunks that wait for their answer, and a task that completes with the next answer.
    private int _answering;
    private TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task SendAllAsync(ChunkFeed feed, CancellationToken stop)
    {
        _watch.Start();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var lanes = new List<Task>();
        try
        {
            while (true)
            {
                var sent = Volatile.Read(ref _sent).Task;
                while (lanes.Count < board.Advice.MostRequests
                    && lanes.Count - Volatile.Read(ref _answering) is var busy && busy < board.Advice.Streams
                    && await feed.NextAsync(busy - board.Waiters, end.Token) is { } chunk)
                    lanes.Add(Task.Run(() => SendAsync(chunk, end.Token), CancellationToken.None));
                if (lanes.Count == 0)
                    return;
                var done = await Task.WhenAny([.. lanes, sent]);
                if (lanes.Remove(done))
                    await done;
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(lanes).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public ValueTask DisposeAsync() => _watch.DisposeAsync();

    private async Task SendAsync(Chunk chunk, CancellationToken stop)
    {
        using (chunk)
            await SendAsync(chunk.Offset, chunk.Bytes, chunk.Again, stop);
    }

    private async Task SendAsync(long offset, ReadOnlyMemory<byte> bytes, bool again, CancellationToken stop)
    {
        Remember(offset, bytes.Length, begun: true);
        board.Begin();
        try
        {
            if (!await TryWholeAsync(offset, bytes, again, stop))
                return;
        }
        finally
        {
            board.End();
        }

        // A proxy accepts less than this.
        Remember(offset, bytes.Length, begun: false);
        var half = Math.Max(Least / 2, bytes.Length / 2);
        await SendAsync(offset, bytes[..half], again: false, stop);
        await SendAsync(offset + half, bytes[half..], again: false, stop);
    }

    /// <returns>True if it must be sent in smaller pieces.</returns>
    private async Task<bool> TryWholeAsync(long offset, ReadOnlyMemory<byte> bytes, bool again, CancellationToken stop)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
        var path = string.Create(CultureInfo.InvariantCulture, $"api/sessions/{session}/chunks/{offset}");
        return await attempts.PersistAsync(
            async failures =>
            {
                var kept = failures > 0 || again ? await KeptAsync(path, bytes.Length, stop) : 0;
                if (kept > 0)
                    board.Kept(kept);
                if (kept < bytes.Length && !await PutAsync(path, offset, bytes, (int)kept, digest, stop))
                    return true;
                board.Received(offset, bytes.Length);
                Remember(offset, bytes.Length, begun: false);
                return false;
            },
            stop);
    }

    /// <summary>Returns how many bytes of a chunk the service has. Bytes of other chunks in the range are useless.</summary>
    private async Task<long> KeptAsync(string path, int length, CancellationToken stop)
    {
        try
        {
            var answer = await calls.SendAsync(calls.Request(HttpMethod.Head, path), board.Advice.StallTimeout, _watch, stop);
            var kept = answer.Number("Upload-Offset") ?? 0;
            return answer.Number("Upload-Length") is { } whole
                ? whole == length ? kept : 0
                : kept < length ? kept : 0;
        }
        catch (TransferException failure) when (failure.Code == ProblemCodes.NoSuchChunk)
        {
            return 0;
        }
    }

    /// <returns>False if a proxy accepts less.</returns>
    private async Task<bool> PutAsync(
        string path, long offset, ReadOnlyMemory<byte> bytes, int from, string digest, CancellationToken stop)
    {
        var coded = compressor.Compress(bytes[from..]);
        var range = from == 0 && coded.Coding is null
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"bytes {offset + from}-{offset + bytes.Length - 1}/*");
        var (sent, isAnswering) = (0, false);
        var request = calls.Request(HttpMethod.Put, path, (ServiceHeaders.ChunkSha256, digest));
        request.Content = new MemoryContent(coded.Bytes, "application/octet-stream", count =>
        {
            sent += count;
            board.Sending(count);
            ClientMeter.Sent.Add(count);
            if (sent != coded.Bytes.Length || isAnswering)
                return;
            isAnswering = true;
            _ = Interlocked.Increment(ref _answering);
            Interlocked.Exchange(ref _sent, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        });
        if (range is not null)
            _ = request.Content.Headers.TryAddWithoutValidation("Content-Range", range);
        if (coded.Coding is not null)
            request.Content.Headers.ContentEncoding.Add(coded.Coding);
        try
        {
            var began = time.GetTimestamp();
            var answer = await calls.SendAsync(request, board.Advice.StallTimeout, _watch, stop);
            var took = time.GetElapsedTime(began);
            compressor.Sent(coded, took);
            calls.Rate = coded.Bytes.Length / Math.Max(took.TotalSeconds, 1e-3);
            board.Advice.Take(answer.Read(ClientJson.Default.ReceiptAnswer).Advice);
            return true;
        }
        catch (TransferException failure)
        {
            board.Advice.Take(failure.Advice);
            if (coded.Coding is not null && (failure.Status is 400 or 415 || failure.Code is ProblemCodes.AbsurdRatio
                or ProblemCodes.DigestMismatch))
            {
                // A proxy may decode bodies, or know no coding.
                compressor.Stop();
                throw TransferException.Network("Compressed bytes do not pass.", failure);
            }

            if (failure.Code == Problems.ProxyTooLarge && bytes.Length > Least)
            {
                board.Advice.Lower(bytes.Length / 2);
                return false;
            }

            // The range has other chunks: the missing ranges are requested after this round.
            if (failure.Code == ProblemCodes.Overlap)
                return true;
            throw;
        }
        finally
        {
            if (isAnswering)
                _ = Interlocked.Decrement(ref _answering);
            board.Sending(-sent);
        }
    }

    private void Remember(long offset, int length, bool begun) => state.Save(old =>
    {
        var range = new RangeView(offset, length);
        var others = old!.Begun.Where(other => other != range);
        return old with { Begun = [.. begun ? others.Append(range) : others] };
    });
}
