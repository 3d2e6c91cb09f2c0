using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>From <c>tools/run</c> (built) to "is ready": the first time makes a database cluster, later ones only start it.</summary>
internal sealed class StartBenchmark : IBenchmark
{
    public string Name => "start";

    public string Question => "How long does a start take, the first time and on existing data?";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var (first, later) = (new List<double>(), new List<double>());
        using var scratch = new ScratchFolder(options, 1L << 30);
        for (var run = 0; run < (options.Runs ?? 5); run++)
        {
            var data = scratch.Fresh("data");
            foreach (var times in new[] { first, later })
            {
                await using var service = await ServiceProcess.StartAsync(options, data, cancellationToken);
                times.Add(service.StartTime.TotalSeconds);
            }

            ScratchFolder.Remove(data);
        }

        return [new("first start", "s", first, Goal: 6), new("start on existing data", "s", later, Goal: 2.5)];
    }
}
