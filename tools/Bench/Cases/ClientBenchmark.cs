using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using ChunkUpload.AdvisorLab.Emulated;
using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Bench.Lines;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// Sends a file over emulated networks with cu, with tus-js-client and with curl: 1. networks of all kinds, half of which drop within ten
/// seconds; 2. a file without any of them, so that the service is warm; 3. each sender over each network, which drops at the same moments
/// for all; 4. what cu needs over the better of the others.
/// </summary>
internal sealed class ClientBenchmark : IBenchmark
{
    private const int Networks = 20;

    // An idle line costs nothing, but a program that starts does.
    private const int AtATime = 6;
    private const double Shortest = 20;
    private const double Longest = 40;
    private const double Often = 10;

    // Others are stopped after this many times cu's time, which then counts as theirs.
    private const double Patience = 2;
    private const int WarmUps = 3;
    private const int Threads = 100;
    private const int WarmUpBytes = 20 << 20;

    private static readonly TimeSpan CuLimit = TimeSpan.FromMinutes(10);

    public string Name => "client";

    public string Question => "How long does an upload over bad networks take, beside tus-js-client and curl?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        // 1. Networks of all kinds, half of which drop within ten seconds.
        var count = options.Uploads ?? Networks;
        var traces = options.Traces is { } folder ? TraceFolder.Read(folder) : SyntheticTraces.Make(3 * count, 1);
        var scenarios = NetworkPick.Of(traces, count, 1, Shortest, Longest);
        if (options.Scenarios is { Count: > 0 } parts)
            scenarios = scenarios.FindAll(scenario => parts.Any(part => scenario.Trace.Name.Contains(part, StringComparison.Ordinal)));
        using var scratch = new ScratchFolder(options, 2L << 30);
        // All networks have the address of this machine.
        await using var service = await ServiceProcess.StartAsync(
            options with { Settings = [.. options.Settings, "--Advisor:NetworkMemory=0s"] }, scratch.Fresh("data"), cancellationToken);

        // Each program that is read from holds threads, and a link that waits for one would be slower than it is.
        _ = ThreadPool.SetMinThreads(Threads, Threads);

        // 2. A file without any of them, so that the service is warm.
        for (var warmUp = 0; warmUp < WarmUps; warmUp++)
            await WarmAsync(options, service, scratch, warmUp, cancellationToken);

        // 3. Each sender over each network, which drops at the same moments for all.
        var results = new ConcurrentBag<Result>();
        var runs = Enumerable.Range(0, options.Runs ?? 1).SelectMany(run => scenarios.Select(scenario => (Run: run, Scenario: scenario)));
        await Parallel.ForEachAsync(
            runs, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
            async (job, token) =>
            {
                var result = await RunAsync(options, service, scratch, job.Scenario, job.Run, token);
                results.Add(result);
                await Console.Error.WriteLineAsync(result.Line);
            });

        // 4. What cu needs over the better of the others.
        var often = results.Where(result => result.Scenario.Mtbf <= Often).ToList();
        return
        [
            new("time of cu over the better of both, each network", "times", [.. results.Select(result => result.Ratio)], 1.05)
            {
                Quantile = 1,
            },
            new("the sum where the network drops within 10 s", "times", [often.Sum(result => result.Cu) / often.Sum(result => result.Best)],
                0.7),
            new("the same for a line that is always full", "times",
                [often.Sum(result => result.Scenario.Fluid) / often.Sum(result => result.Best)]),
            new("the sum of the others", "times",
                [results.Except(often).Sum(result => result.Cu) / results.Except(often).Sum(result => result.Best)]),
            new("time of cu over that of a line that is always full", "times",
                [.. results.Select(result => result.Cu / result.Scenario.Fluid)]),
        ];
    }

    private static async Task<Result> RunAsync(
        BenchOptions options, ServiceProcess service, ScratchFolder scratch, Scenario scenario, int run, CancellationToken stop)
    {
        var (folder, file) = await MakeAsync(scratch, scenario.Number, scenario.Size, stop);
        var cu = await SendAsync(LineSender.Cu, CuLimit)
            ?? throw new BenchException($"cu did not end within {CuLimit.TotalMinutes:0} minutes on {scenario.Trace.Name}.");
        var limit = TimeSpan.FromSeconds(Patience * cu);
        // Each has a line of its own.
        var (tus, curl) = (SendAsync(LineSender.Tus, limit), SendAsync(LineSender.Curl, limit));
        return new Result(scenario, cu, await tus, await curl, limit.TotalSeconds);

        async Task<double?> SendAsync(LineSender sender, TimeSpan most)
        {
            await using var link = new EmulatedLink(scenario, new IPEndPoint(IPAddress.Loopback, service.Address.Port), run);
            var name = string.Create(CultureInfo.InvariantCulture, $"{sender.Name}-{scenario.Number}-{run}.bin");
            return await sender.RunAsync(
                options, service, new LineUpload(file, name, new Uri($"http://{link.Address}/"), folder), most, stop);
        }
    }

    private static async Task WarmAsync(
        BenchOptions options, ServiceProcess service, ScratchFolder scratch, int number, CancellationToken stop)
    {
        var (folder, file) = await MakeAsync(scratch, number, WarmUpBytes, stop);
        foreach (var sender in (LineSender[])[LineSender.Cu, LineSender.Tus, LineSender.Curl])
        {
            _ = await sender.RunAsync(
                options, service, new LineUpload(file, $"warm-{sender.Name}-{number}", service.Address, folder), CuLimit, stop);
        }
    }

    private static async Task<(string Folder, string File)> MakeAsync(
        ScratchFolder scratch, int seed, long size, CancellationToken stop)
    {
        var folder = scratch.Fresh("line");
        _ = Directory.CreateDirectory(folder);
        var content = new byte[size];
        new Random(seed).NextBytes(content);
        var file = Path.Combine(folder, "film.bin");
        await File.WriteAllBytesAsync(file, content, stop);
        return (folder, file);
    }

    private sealed record Result(Scenario Scenario, double Cu, double? Tus, double? Curl, double Limit)
    {
        public double Best => Math.Min(Tus ?? Limit, Curl ?? Limit);

        public double Ratio => Cu / Best;

        public string Line => string.Create(
            CultureInfo.InvariantCulture,
            $"| {Scenario.Trace.Name} | {Drops} | {Scenario.Size / 1e6:0.0} MB | {Scenario.Fluid:0.0} s | cu {Cu:0.0} s | "
            + $"tus-js-client {Text(Tus)} | curl {Text(Curl)} | {Ratio:0.000} |");

        private string Drops => double.IsInfinity(Scenario.Mtbf) ? "no drops" : $"every {Scenario.Mtbf:0} s";

        private string Text(double? seconds) => seconds is { } done
            ? string.Create(CultureInfo.InvariantCulture, $"{done:0.0} s")
            : string.Create(CultureInfo.InvariantCulture, $"over {Limit:0.0} s");
    }
}
