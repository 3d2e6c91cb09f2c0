using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// The service's peak of resident memory (VmHWM) for a small and a large file. The garbage collector's peak varies by some tens of
/// megabytes under the same load; a file ten times as large may not cost more than a quarter more.
/// </summary>
internal sealed class MemoryBenchmark : IBenchmark
{
    private const double Goal = 1.25;

    public string Name => "memory";

    public string Question => "Does the service's memory depend on the file's size?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var large = options.Size ?? 10L << 30;
        var small = large / 10;
        var figures = new List<Figure>();
        foreach (var way in new[] { "chunks", "PUT" })
        {
            var peaks = new Dictionary<long, List<double>>();
            foreach (var size in new[] { small, large })
            {
                var content = Content.Create(size, options.Chunk ?? 8 << 20, whole: false, cancellationToken);
                peaks[size] = [];
                for (var run = 0; run < (options.Runs ?? 3); run++)
                    peaks[size].Add(await PeakAsync(options, content, way == "chunks", cancellationToken));
                var figure = new Figure($"peak memory, {size >> 20} MiB by {way}", "MiB", peaks[size]);
                await Console.Error.WriteLineAsync($"  {figure.Name}: {figure.Median:F0} MiB");
                figures.Add(figure);
            }

            figures.Add(new($"peak memory by {way}, large over small", "times", [figures[^1].Median / figures[^2].Median], Goal));
        }

        return figures;
    }

    private static async Task<double> PeakAsync(BenchOptions options, Content content, bool chunks, CancellationToken cancellationToken)
    {
        using var scratch = new ScratchFolder(options, content.Size + (content.Size / 4) + (1L << 30));
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        using var client = new SessionClient(service);
        if (chunks)
        {
            var session = await client.CreateAsync(content.Size, null, cancellationToken);
            _ = await Sender.SendAsync(client, session, content, Sender.Shuffled(content), options.Connections, cancellationToken);
            _ = await client.CompleteAsync(session, null, cancellationToken);
        }
        else
        {
            using var body = new StreamedContent(content);
            _ = await client.PutFileAsync(body, cancellationToken);
        }

        return service.PeakBytes() / (double)(1 << 20);
    }
}
