using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ChunkUpload.AdvisorLab.Live;
using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Report;
using ChunkUpload.AdvisorLab.Senders;
using ChunkUpload.AdvisorLab.Study;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab;

/// <summary>
/// Exit code 0: done (the rows of simulate say which goals are met); 1: live or cost misses its goal; 2: the lab cannot run.
/// </summary>
internal static class Program
{
    private const int SyntheticCount = 60;
    private const ulong SyntheticSeed = 1;

    public static async Task<int> Main(string[] args)
    {
        if (args.Length == 0 || args.Contains("--help"))
        {
            Console.WriteLine(LabOptions.Usage);
            return args.Length == 0 ? 2 : 0;
        }

        try
        {
            var options = LabOptions.Parse(args);
            return options.Verb switch
            {
                "simulate" => Simulate(options),
                "plot" => Draw(options),
                "live" => await LiveAsync(options),
                "tune" => Try(options),
                "where" => Look(options),
                "cost" => Time(),
                _ => throw new LabException($"\"{options.Verb}\" is not understood; --help lists what is."),
            };
        }
        catch (Exception e) when (e is LabException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    private static IReadOnlyList<Trace> TracesOf(LabOptions options) =>
        options.Traces is { } folder ? TraceFolder.Read(folder) : SyntheticTraces.Make(SyntheticCount, SyntheticSeed);

    private static int Simulate(LabOptions options)
    {
        var traces = TracesOf(options);
        var results = Experiment.Run(
            traces, options.Scenarios, options.Seeds, options.Seed, AdaptiveTuning.Default, options.Workers, Progress, calm: options.Calm);
        var measures = Measure.Of(results);
        Console.Out.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{traces.Count} {(options.Traces is null ? "synthetic" : "recorded")} networks, {options.Scenarios} scenarios of "
                + $"{options.Seeds} runs, ")
            + string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}{(options.Calm ? ", calm" : "")}\n\n"));
        Console.Out.Write(Table.Of(measures) + "\n");
        Console.Out.Write(Table.Of(Lineup.Make(AdaptiveTuning.Default, all: true), results));
        if (options.By)
            Console.Out.Write("\n" + Table.By(results));
        if (options.Json is { } file)
            File.WriteAllText(file, JsonRows.Of(options, traces.Count, measures), new UTF8Encoding(false));
        return 0;

        void Progress(int done)
        {
            if (done % Math.Max(1, options.Scenarios / 20) == 0)
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} of {options.Scenarios}"));
        }
    }

    private static int Look(LabOptions options)
    {
        Console.Out.Write(Table.Of(TimeUse.Of(TracesOf(options), options.Scenarios, options.Seeds, options.Seed)));
        return 0;
    }

    private static int Draw(LabOptions options)
    {
        var traces = TracesOf(options);
        var trace = traces.FirstOrDefault(trace => options.Trace is null || trace.Name.StartsWith(options.Trace, StringComparison.Ordinal))
            ?? throw new LabException($"No trace begins with {options.Trace}.");
        var size = (long)(trace.MeanRate * 90);
        var scenario =
            new Scenario(0, trace, 0, size, trace.RoundTrip + 0.05, 0.025, 4 << 20, false, 20, double.PositiveInfinity, 0, options.Seed);
        _ = Directory.CreateDirectory(options.Out);
        foreach (var (file, sender) in new[]
        {
            ("adaptive", Sender.Adaptive(4, keepsPrefix: false)), ("tiers", Sender.Tiers(4, keepsPrefix: false)),
            ("fixed-8", Sender.Fixed(8 << 20, 4, keepsPrefix: false)), ("as-served", Sender.Served()),
        })
        {
            var path = Path.Combine(options.Out, $"{trace.Name}.{file}.svg");
            File.WriteAllText(path, Plot.Of(scenario, sender, 0), new UTF8Encoding(false));
            Console.WriteLine(path);
        }

        return 0;
    }

    private static int Try(LabOptions options)
    {
        new Tune(TracesOf(options), options.Scenarios, options.Seeds, options.Seed, options.Workers).Run(1.6, 3);
        return 0;
    }

    private static async Task<int> LiveAsync(LabOptions options)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        return await new LiveComparison(options).RunAsync(TracesOf(options), stop.Token) ? 0 : 1;

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static int Time()
    {
        var (text, met) = Cost.Measure(TimeProvider.System);
        Console.WriteLine(text);
        return met ? 0 : 1;
    }
}
