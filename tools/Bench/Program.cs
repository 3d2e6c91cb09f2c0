using System.Runtime.InteropServices;
using ChunkUpload.Bench.Cases;
using ChunkUpload.Bench.Peers;
using ChunkUpload.Bench.Report;

namespace ChunkUpload.Bench;

/// <summary>Runs the named benchmarks in turn. Exit code 0: all goals are met; 1: one is missed; 2: one could not be measured.</summary>
internal static class Program
{
    private static readonly IBenchmark[] Benchmarks =
    [
        new StartBenchmark(), new CompleteBenchmark(), new StatusBenchmark(), new MemoryBenchmark(), new DiskBenchmark(),
        new JoinBenchmark(), new CutsBenchmark(), new TakeoverBenchmark(), new PeersBenchmark(), new QuickBenchmark(),
        new Http2Benchmark(), new GrowthBenchmark(), new GroupBenchmark(), new AllocationBenchmark(), new SmallFilesBenchmark(),
        new TreeBenchmark(), new WebDavBenchmark(), new TransfersBenchmark(), new ClientBenchmark(), new NearBenchmark(),
        new NodesBenchmark(), new BucketBenchmark(),
    ];

    public static async Task<int> Main(string[] args)
    {
        if (args.Length == 0 || args.Contains("--help"))
        {
            Console.WriteLine(BenchOptions.Usage);
            foreach (var benchmark in Benchmarks)
                Console.WriteLine($"  {benchmark.Name,-11} {benchmark.Question}");
            return args.Length == 0 ? 2 : 0;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        try
        {
            var options = BenchOptions.Parse(args, [.. Benchmarks.Select(benchmark => benchmark.Name)],
                [.. Benchmarks.Where(benchmark => benchmark.IsInAll).Select(benchmark => benchmark.Name)]);
            var figures = new List<Figure>();
            foreach (var benchmark in Benchmarks.Where(benchmark => options.Names.Contains(benchmark.Name)))
            {
                await Console.Error.WriteLineAsync($"{benchmark.Name}: {benchmark.Question}");
                figures.AddRange(await benchmark.RunAsync(options, stop.Token));
            }

            Console.WriteLine(options.Json ? FigureText.Json(figures) : FigureText.Table(figures));
            return figures.All(figure => figure.IsMet) ? 0 : 1;
        }
        catch (Exception e)
        {
            // Catches every exception, because mounted disks must be unmounted.
            await Console.Error.WriteLineAsync(
                e is OperationCanceledException ? "Interrupted." : e is BenchException ? e.Message : e.ToString());
            return 2;
        }

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
