using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;

namespace ChunkUpload.Client.Downloads;

/// <summary>Fetches a range of one content, and goes on where a connection broke.</summary>
/// <param name="patience">
/// How long to wait without a byte before a request is repeated, for content that is still arriving at the service: its silence does not
/// mean that the connection is broken. <c>null</c> for complete content.
/// </param>
/// <param name="digest">Receives the SHA-256 in hex that an answer names for the whole content.</param>
internal sealed class RangeReader(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, RemoteFile file, TimeProvider time, TimeSpan? patience = null,
    Action<string>? digest = null)
{
    private const int Block = 256 << 10;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    // On a slow line, bytes are passed on after a time; on a fast one, in whole blocks.
    private static readonly TimeSpan MostWait = TimeSpan.FromMilliseconds(50);

    /// <summary>Up to here the bytes were passed on; a connection that breaks leaves it where it is.</summary>
    private long _at;

    /// <param name="write">Receives the bytes at an offset, in order.</param>
    public async Task ReadAsync(long from, long length, Func<long, ReadOnlyMemory<byte>, ValueTask> write, CancellationToken stop)
    {
        _at = from;
        var end = from + length;
        var block = ArrayPool<byte>.Shared.Rent(Block);
        // The service sends bytes as it reads them, so a working connection delivers some while another one gets an answer.
        await using var watch = new SilenceWatch(calls, time, () => patience is null ? Quiet : null, async (over, _, guard) =>
        {
            await calls.SendAsync(calls.Request(HttpMethod.Head, file.Address), guard, over);
            return true;
        });
        watch.Start();
        board.Begin();
        try
        {
            await attempts.PersistAsync(
                async _ =>
                {
                    if (_at < end)
                        await OnceAsync(end, block, write, watch, stop);
                },
                stop);
        }
        finally
        {
            board.End();
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private async Task OnceAsync(
        long end, byte[] block, Func<long, ReadOnlyMemory<byte>, ValueTask> write, SilenceWatch watch, CancellationToken stop)
    {
        using var guard = new StallGuard(time, patience ?? board.Advice.StallTimeout, stop, watch);
        // Content other than that of the first request is refused.
        var request = calls.Request(HttpMethod.Get, file.Address, ("If-Match", file.Tag));
        request.Headers.Range = new RangeHeaderValue(_at, end - 1);
        using var answer = await calls.OpenAsync(request, guard);
        var starts = answer.StatusCode == HttpStatusCode.PartialContent ? answer.Content.Headers.ContentRange?.From : 0;
        if (starts != _at)
        {
            throw new TransferException(
                TransferFailure.Refused, string.Create(CultureInfo.InvariantCulture, $"A range from {_at} was asked for, another came."));
        }

        if (digest is not null && answer.Headers.TryGetValues(Wire.ServiceHeaders.ReprDigest, out var fields)
            && RemoteFiles.DigestOf(fields.FirstOrDefault()) is { } named)
            digest(named);
        Stream body;
        try
        {
            body = await answer.Content.ReadAsStreamAsync(guard.Token);
        }
        catch (Exception failure) when (calls.Classify(failure, guard) is { } known)
        {
            throw known;
        }

        await using (body)
        {
            var (filled, since) = (0, time.GetTimestamp());
            while (_at < end)
            {
                TransferException? broke = null;
                try
                {
                    var most = Math.Min(Math.Min(BandwidthLimit.Piece(calls.Limits, Block), Block - filled), end - _at - filled);
                    var read = await body.ReadAsync(block.AsMemory(filled, (int)most), guard.Token);
                    filled += read;
                    if (read == 0)
                        broke = TransferException.Network("The connection ended too early.");
                    else
                        guard.Moved();
                    await guard.TakeAsync(calls.Limits, read, guard.Token);
                }
                catch (Exception failure) when (calls.Classify(failure, guard) is { } known)
                {
                    broke = known;
                }

                // A write, its record and the digest cost the same for a few bytes as for a block.
                if (broke is null && filled < Block && _at + filled < end && time.GetElapsedTime(since) < MostWait)
                    continue;
                if (filled > 0)
                    await PassOnAsync(block.AsMemory(0, filled), write);
                (filled, since) = (0, time.GetTimestamp());
                if (broke is not null)
                    throw broke;
            }
        }
    }

    private async ValueTask PassOnAsync(ReadOnlyMemory<byte> bytes, Func<long, ReadOnlyMemory<byte>, ValueTask> write)
    {
        await write(_at, bytes);
        ClientMeter.Received.Add(bytes.Length);
        board.Sending(bytes.Length);
        board.Received(_at, bytes.Length, chunk: false);
        board.Sending(-bytes.Length);
        _at += bytes.Length;
    }
}
