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
/// How long nothing may come before a request is repeated, for content that is still arriving at the service: there, silence says nothing
/// of the connection. <c>null</c> for content that is there.
/// </param>
internal sealed class RangeReader(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, RemoteFile file, TimeProvider time, TimeSpan? patience = null)
{
    private const int Block = 256 << 10;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    /// <summary>Up to here the bytes were passed on; a connection that breaks leaves it where it is.</summary>
    private long _at;

    /// <param name="write">Takes the bytes at an offset, in order.</param>
    public async Task ReadAsync(long from, long length, Func<long, ReadOnlyMemory<byte>, ValueTask> write, CancellationToken stop)
    {
        _at = from;
        var end = from + length;
        var block = ArrayPool<byte>.Shared.Rent(Block);
        // The service reads what it sends, so a connection that is alive brings something where another one brings an answer.
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
        // Another content than the one that was begun is refused.
        var request = calls.Request(HttpMethod.Get, file.Address, ("If-Match", file.Tag));
        request.Headers.Range = new RangeHeaderValue(_at, end - 1);
        using var answer = await calls.OpenAsync(request, guard);
        var starts = answer.StatusCode == HttpStatusCode.PartialContent ? answer.Content.Headers.ContentRange?.From : 0;
        if (starts != _at)
        {
            throw new TransferException(
                TransferFailure.Refused, string.Create(CultureInfo.InvariantCulture, $"A range from {_at} was asked for, another came."));
        }

        Stream body;
        try
        {
            body = await answer.Content.ReadAsStreamAsync(guard.Token);
        }
        catch (Exception failure) when (ServiceCalls.Classify(failure, guard) is { } known)
        {
            throw known;
        }

        await using (body)
        {
            while (_at < end)
            {
                int read;
                try
                {
                    read = await body.ReadAsync(
                        block.AsMemory(0, (int)Math.Min(BandwidthLimit.Piece(calls.Limits, Block), end - _at)), guard.Token);
                    await guard.TakeAsync(calls.Limits, read, guard.Token);
                }
                catch (Exception failure) when (ServiceCalls.Classify(failure, guard) is { } known)
                {
                    throw known;
                }

                if (read == 0)
                    throw TransferException.Network("The connection ended too early.");
                guard.Moved();
                await write(_at, block.AsMemory(0, read));
                ClientMeter.Received.Add(read);
                board.Sending(read);
                board.Received(_at, read, chunk: false);
                board.Sending(-read);
                _at += read;
            }
        }
    }
}
