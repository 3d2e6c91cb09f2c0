using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// <c>GET /api/sessions/{id}</c> of a session with very many chunks, all sent through the real API. Every second chunk first is the worst
/// order: no chunks are adjacent, so there are as many received ranges as chunks.
/// </summary>
internal sealed class StatusBenchmark : IBenchmark
{
    private const double Goal = 20;
    private const int WarmUps = 20;

    public string Name => "status";

    public string Question => "How soon does the status of a session with very many chunks answer?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var chunks = options.Chunks ?? 100_000;
        var chunk = options.Chunk ?? 1024;
        using var scratch = new ScratchFolder(options, 8L << 30);
        var data = scratch.Fresh("data");
        var figures = new List<Figure>();
        string apart;
        await using (var service = await ServiceProcess.StartAsync(options, data, cancellationToken))
        {
            using var client = new SessionClient(service);

            // One chunk more than is sent: the session stays open and has a missing range.
            var content = Content.Create((chunks + 1L) * chunk, chunk, whole: false, cancellationToken);
            var session = await client.CreateAsync(content.Size, null, cancellationToken);
            await FillAsync(Enumerable.Range(0, chunks), content, session);
            await MeasureAsync($"status, {chunks} chunks, in order", session, chunks);

            session = await client.CreateAsync(content.Size, null, cancellationToken);
            await FillAsync(Every(2, from: 0), content, session);
            await MeasureAsync($"status, {chunks / 2} chunks, every second one", session, chunks / 2);
            await FillAsync(Every(2, from: 1), content, session);
            await MeasureAsync($"status, {chunks} chunks, every second one first", session, chunks);

            content = Content.Create(2L * chunks * chunk, chunk, whole: false, cancellationToken);
            apart = await client.CreateAsync(content.Size, null, cancellationToken);
            await FillAsync(Enumerable.Range(0, chunks).Select(index => 2 * index), content, apart);
            await MeasureAsync($"status, {chunks} chunks, all apart", apart, chunks);

            IEnumerable<int> Every(int step, int from) => Enumerable.Range(0, chunks).Where(index => index % step == from);

            async Task FillAsync(IEnumerable<int> order, Content source, string path)
            {
                var list = order.ToList();
                var began = TimeProvider.System.GetTimestamp();
                _ = await Sender.SendAsync(client, path, source, list, options.Connections, cancellationToken);
                var took = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
                await Console.Error.WriteLineAsync(
                    $"  {list.Count} chunks of {chunk} bytes in {took:F0} s, {list.Count / took:F0} a second");
            }

            async Task MeasureAsync(string name, string path, int expected) =>
                figures.Add(
                    new(name, "ms", await TimesAsync(client, path, expected, WarmUps, options.Runs ?? 100, cancellationToken), Goal));
        }

        // A new process checks every file of an upload before its first answer (E30), once.
        await using (var service = await ServiceProcess.StartAsync(options, data, cancellationToken))
        {
            using var client = new SessionClient(service);
            figures.Add(new($"status, {chunks} chunks, all apart, first answer after a start", "ms",
                await TimesAsync(client, apart, chunks, 0, 1, cancellationToken)));
        }

        return figures;
    }

    private static async Task<IReadOnlyList<double>> TimesAsync(
        SessionClient client, string session, int expected, int warmUps, int runs, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        for (var run = -warmUps; run < runs; run++)
        {
            var began = TimeProvider.System.GetTimestamp();
            var status = await client.GetAsync(session, cancellationToken);
            var took = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
            if (status["chunkCount"]?.GetValue<int>() != expected)
                throw new BenchException($"The session says it has {status["chunkCount"]} chunks instead of {expected}.");
            if (run >= 0)
                times.Add(took);
        }

        return times;
    }
}
