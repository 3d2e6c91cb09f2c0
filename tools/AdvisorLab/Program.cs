using System.Globalization;
using System.Text;
using ChunkUpload.AdvisorLab.Experiments;
using ChunkUpload.AdvisorLab.Report;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab;

/// <summary>Exit code 0: done (the rows say which goals are met); 2: the lab cannot run.</summary>
internal static class Program
{
    private const int SyntheticCount = 60;
    private const ulong SyntheticSeed = 1;

    public static int Main(string[] args)
    {
        if (args.Length == 0 || args.Contains("--help"))
        {
            Console.WriteLine(LabOptions.Usage);
            return args.Length == 0 ? 2 : 0;
        }

        try
        {
            Simulate(LabOptions.Parse(args));
            return 0;
        }
        catch (Exception e) when (e is LabException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    private static void Simulate(LabOptions options)
    {
        var traces = options.Traces is { } folder ? TraceFolder.Read(folder) : SyntheticTraces.Make(SyntheticCount, SyntheticSeed);
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

        void Progress(int done)
        {
            if (done % Math.Max(1, options.Scenarios / 20) == 0)
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} of {options.Scenarios}"));
        }
    }
}
