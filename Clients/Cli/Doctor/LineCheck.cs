using System.Diagnostics;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Doctor;

/// <summary>Measures the network: 1. the largest accepted body; 2. whether bytes are forwarded as they are sent; 3. both rates.</summary>
internal sealed class LineCheck(RawCalls calls, Report report, TimeSpan roundTrip, IReadOnlyList<string> rights)
{
    private const int AtOnce = 4;
    private const int Half = 256 << 10;
    private const int FirstChunk = 128 << 10;
    private const int LargestChunk = 8 << 20;
    private const long MostBytes = 1L << 30;

    // Limits that proxies have by themselves or by habit: nginx has 1 MiB, other services that stand before this one 100 or 500.
    private static readonly long[] Sizes = [1L << 20, 2L << 20, 8L << 20, 16L << 20, 64L << 20, 128L << 20, 512L << 20];

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(4);

    /// <summary>Up to this size a body surely passes.</summary>
    private long _largest = Sizes[0] / 2;

    public async Task RunAsync(CancellationToken stop)
    {
        await using var file = await ScratchFile.BeginAsync(calls, stop);
        await LimitAsync(file, stop);
        await BufferAsync(file, stop);
        var sent = await UpAsync(file, stop);
        if (sent > 0 && rights.Contains("read") && await file.CompleteAsync(sent, stop))
            await DownAsync(file, sent, stop);
        else
            report.Good("download", "not measured: the key may not read, or the file is still being checked");
    }

    // 1. The largest accepted body.
    private async Task LimitAsync(ScratchFile file, CancellationToken stop)
    {
        foreach (var size in Sizes)
        {
            if (await file.AskAsync(size, stop) is not { } answer)
            {
                _largest = size;
                continue;
            }

            report.Figures["refusedBody"] = size;
            var text = $"A request of {Figures.Bytes(size)} is refused with {answer.Status}";
            if (answer.Code is { } code)
                report.Good("body limit", $"{text} by the service itself ({code})");
            else
                report.Bad(
                    "body limit", $"{text} by a proxy in front of the service.",
                    "cu sends smaller pieces, which is slower; other clients fail. Let the proxy have no limit (nginx: "
                        + "client_max_body_size 0; docs/proxies.md).");
            return;
        }

        report.Figures["refusedBody"] = null;
        report.Good("body limit", $"none up to {Figures.Bytes(_largest)}");
    }

    // 2. Whether bytes are forwarded as they are sent.
    private async Task BufferAsync(ScratchFile file, CancellationToken stop)
    {
        var kept = 0L;
        // A line that is slow, and not a proxy that waits for the end, gets a longer time.
        for (var wait = TimeSpan.FromSeconds(0.5) + (roundTrip * 4); kept == 0 && wait < TimeSpan.FromSeconds(8); wait *= 3)
            kept = await file.KeptOfHalfAsync(Half, wait, stop);
        report.Figures["buffered"] = kept == 0;
        if (kept > 0)
            report.Good("buffering", "none: bytes arrive while a request is being sent");
        else
            report.Bad(
                "buffering", "A proxy in front of the service buffers requests until they are complete.",
                "What breaks off is lost, and each byte waits twice. Switch it off there (nginx: proxy_request_buffering off; "
                    + "docs/proxies.md).");
    }

    // 3. Both rates.
    private async Task<long> UpAsync(ScratchFile file, CancellationToken stop)
    {
        long next = 0, done = 0;
        var refused = (RawAnswer?)null;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(LaneAsync, stop)));
        var took = Stopwatch.GetElapsedTime(began);
        if (refused is not null)
        {
            report.Bad("upload", refused.Failure().Message, "Without that, nothing can be sent.");
            return 0;
        }

        var rate = done / took.TotalSeconds;
        report.Figures["uploadBytesPerSecond"] = Math.Round(rate);
        report.Good("upload", $"{Figures.Bytes(rate)}/s ({Figures.Bytes(done)} in {Figures.Time(took)}, {AtOnce} at once)");
        return done;

        async Task LaneAsync()
        {
            // Each lane's next chunk takes about half a second.
            long length = FirstChunk;
            while (refused is null && Stopwatch.GetElapsedTime(began) < Long && Interlocked.Read(ref next) < MostBytes)
            {
                var offset = Interlocked.Add(ref next, length) - length;
                var sent = Stopwatch.GetTimestamp();
                var answer = await file.PutAsync(offset, (int)length, stop);
                if (!answer.IsGood)
                {
                    refused = answer;
                    return;
                }

                _ = Interlocked.Add(ref done, length);
                var speed = length / Math.Max(0.001, Stopwatch.GetElapsedTime(sent).TotalSeconds);
                length = Math.Clamp((long)(speed / 2), FirstChunk, Math.Min(LargestChunk, _largest));
            }
        }
    }

    private async Task DownAsync(ScratchFile file, long size, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var began = Stopwatch.GetTimestamp();
        end.CancelAfter(Long);
        long got = 0;
        var share = (size + AtOnce - 1) / AtOnce;
        try
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(lane => Task.Run(
                () => LaneAsync(lane * share, Math.Min(size, (lane + 1) * share)), stop)));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // It has been long enough.
        }

        var took = Stopwatch.GetElapsedTime(began);
        var rate = got / took.TotalSeconds;
        report.Figures["downloadBytesPerSecond"] = Math.Round(rate);
        report.Good("download", $"{Figures.Bytes(rate)}/s ({Figures.Bytes(got)} in {Figures.Time(took)}, {AtOnce} at once)");

        async Task LaneAsync(long from, long to)
        {
            if (from >= to)
                return;
            var block = new byte[64 << 10];
            using var answer = await file.FetchAsync(from, to, end.Token);
            if (!answer.IsSuccessStatusCode)
                throw new TransferException(TransferFailure.Server, $"The service answered to a download with {(int)answer.StatusCode}.");
            await using var body = await answer.Content.ReadAsStreamAsync(end.Token);
            while (await body.ReadAsync(block, end.Token) is > 0 and var read)
                _ = Interlocked.Add(ref got, read);
        }
    }
}
