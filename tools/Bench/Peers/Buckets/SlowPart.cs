using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Buckets;

/// <summary>
/// 500 streams of 4 KiB a second straight into the bucket. A stream stores what it has a minute after its first byte. Once all streams
/// begin together, which is the worst case for the memory; once they begin over a minute, and in the next one none begins or ends.
/// </summary>
internal static class SlowPart
{
    private const int Streams = 500;
    private const int WarmUpStreams = 25;
    private const int BytesPerSecond = 4 << 10;
    private const double MostMemory = 128;
    private const double MostRequests = 10;
    private const double Mib = 1 << 20;

    // So many steps in a second, each with its share of the streams.
    private const int Steps = 100;

    /// <param name="Begun">The seconds over which the streams begin.</param>
    /// <param name="Seconds">When all streams end.</param>
    /// <param name="From">The first second in which requests count.</param>
    private sealed record Pattern(string Name, int Begun, int Seconds, int From, int To)
    {
        /// <summary>The second in which a stream begins.</summary>
        public int Begin(int stream) => stream % Begun;

        public long Length(int stream) => (long)(Seconds - Begin(stream)) * BytesPerSecond;
    }

    private static readonly Pattern[] Patterns =
        [new("begun in a second", 1, 72, 2, 70), new("begun over a minute", 60, 125, 62, 122)];

    /// <param name="startAsync">Starts a fresh service with the bucket.</param>
    /// <param name="stopAsync">Stops it.</param>
    public static async Task<IReadOnlyList<Figure>> RunAsync(
        BenchOptions options, Func<string, Task<Peer>> startAsync, Func<Peer, Task> stopAsync, BucketServer bucket,
        CancellationToken cancellationToken)
    {
        var figures = new List<Figure>();
        var streams = options.Uploads ?? Streams;
        for (var number = 0; number < Patterns.Length; number++)
        {
            var pattern = Patterns[number];
            var service = await startAsync($"slow{number}");
            _ = await SendAsync(service, WarmUpStreams, new Pattern("warm-up", 1, 3, 0, 1), cancellationToken);
            await WarmUp.RestAsync(cancellationToken);
            await WarmUp.RestAsync(cancellationToken);
            _ = await bucket.NewRequestsAsync(cancellationToken);
            var process = ((ServiceProcess)service.Process).ProcessId;
            var idle = ProcessFacts.ResidentBytes(process);
            ProcessFacts.ResetPeak(process);
            var began = TimeProvider.System.GetUtcNow();
            var paths = await SendAsync(service, streams, pattern, cancellationToken);
            var took = TimeProvider.System.GetUtcNow() - began;
            var peak = ProcessFacts.PeakBytes(process);
            var requests = await bucket.NewRequestsAsync(cancellationToken);
            using (var wire = new Wire(service))
            {
                for (var stream = 0; stream < streams; stream++)
                    wire.Verify(new Stored(paths[stream], 0, pattern.Length(stream)));
            }

            await stopAsync(service);
            var name = $"{streams} streams of 4 KiB/s {pattern.Name}";
            figures.Add(new($"{name}: idle memory before", "MiB", [idle / Mib]));
            figures.Add(new($"{name}: peak of additional memory", "MiB", [(peak - idle) / Mib], MostMemory));
            figures.Add(new($"{name}: the same for each", "KiB", [(peak - idle) / 1024.0 / streams]));
            if (!bucket.CountsRequests)
                continue;
            var seconds = requests.Select(request => (request.At - began).TotalSeconds).ToList();
            figures.Add(new(
                $"{name}: requests to the bucket from second {pattern.From} to {pattern.To}", "1/s",
                [seconds.Count(second => second >= pattern.From && second < pattern.To) / (double)(pattern.To - pattern.From)],
                MostRequests));
            figures.Add(new($"{name}: with those of the ends", "1/s", [requests.Count / took.TotalSeconds]));
            figures.Add(new($"{name}: most in a second", "requests", [seconds.CountBy(Math.Floor).Max(pair => pair.Value)]));
        }

        return figures;
    }

    /// <returns>The paths of the uploads, all of whose bytes were acknowledged.</returns>
    private static async Task<List<string>> SendAsync(Peer service, int count, Pattern pattern, CancellationToken cancellationToken)
    {
        List<string> paths;
        using (var wire = new Wire(service))
            paths = [.. Enumerable.Range(0, count).Select(stream => wire.Create(pattern.Length(stream)))];
        var wires = new Wire?[count];
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            for (var second = 0; second < pattern.Seconds; second++)
            {
                for (var step = 0; step < Steps; step++)
                {
                    // Each stream sends in its own hundredth of a second.
                    for (var number = step * count / Steps; number < (step + 1) * count / Steps; number++)
                    {
                        var since = second - pattern.Begin(number);
                        if (since < 0)
                            continue;
                        if (since == 0)
                        {
                            wires[number] = new Wire(service);
                            wires[number]!.BeginAppend(paths[number], 0, pattern.Length(number));
                        }

                        wires[number]!.Send((long)since * BytesPerSecond, BytesPerSecond);
                    }

                    await UntilAsync(began, second + ((step + 1) / (double)Steps), cancellationToken);
                }
            }

            foreach (var wire in wires)
                wire!.EndAppend();
            return paths;
        }
        finally
        {
            foreach (var wire in wires)
                wire?.Dispose();
        }
    }

    private static async Task UntilAsync(long began, double seconds, CancellationToken cancellationToken)
    {
        var left = TimeSpan.FromSeconds(seconds) - TimeProvider.System.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, TimeProvider.System, cancellationToken);
    }
}
