using System.Net;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// A PATCH that has sent some MiB at full speed falls silent with its connection open, like a phone without network; then a HEAD or a PATCH
/// comes over a new connection. Measures the time to that answer.
/// </summary>
internal sealed class TakeoverBenchmark : IBenchmark
{
    private const int GoalMilliseconds = 500;

    public string Name => "takeover";

    public string Question => "How long does a request wait for a previous one that hangs?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var content = new byte[options.Size ?? 64 << 20];
        var random = new Random(20_264);
        random.NextBytes(content);
        using var scratch = new ScratchFolder(options, content.Length + (1L << 30));
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        using var client = new AnyTusClient(service.Address, service.Key);
        var (heads, patches) = (new List<double>(), new List<double>());
        // The first two are warm-up for the JIT.
        for (var run = -1; run < (options.Runs ?? 100); run++)
        {
            foreach (var times in new[] { heads, patches })
            {
                var path = await client.CreateAsync(content.Length, cancellationToken);
                var sent = random.Next(content.Length / 16, content.Length / 2);
                using var hanging = await AnyTusClient.SendAsync(
                    service.Address, client.PatchHead(path, 0, content.Length), content.AsMemory(0, sent), cancellationToken);
                var began = TimeProvider.System.GetTimestamp();
                if (times == heads)
                    _ = await client.OffsetAsync(path, cancellationToken);
                else if (await client.PatchAsync(path, sent, content.AsMemory(sent, 1), cancellationToken) is var status and not (
                    null or HttpStatusCode.NoContent or HttpStatusCode.Conflict))
                    throw new BenchException($"The PATCH that took over was answered with {(int)status!}.");
                if (run >= 0)
                    times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
                await client.DeleteAsync(path, cancellationToken);
            }
        }

        return
        [
            new("takeover by HEAD", "ms", heads, GoalMilliseconds) { Quantile = 0.99 },
            new("takeover by PATCH", "ms", patches, GoalMilliseconds) { Quantile = 0.99 },
        ];
    }
}
