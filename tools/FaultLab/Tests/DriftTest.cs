using System.Globalization;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Healthy uploads of all protocols with deletions and the purge, for a number of minutes. A memory leak shows as a slope of the resident
/// memory or of the memory that is alive after a full collection.
/// </summary>
internal sealed class DriftTest : IFaultTest
{
    private const int Clients = 2;
    private const int Rests = 40;
    private const double MostPerHour = 1;

    // A slope within this number of its standard errors counts as none.
    private const double Doubt = 3;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);

    public string Name => "drift";

    public string Number => "T13";

    public string Question => "Does memory grow with time?";

    public bool InCi => false;

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var minutes = run.Count(ci: 8, soak: 120);
        // Pools fill, the JIT recompiles, and ended uploads are remembered for a while.
        var warm = Math.Max(2, minutes / 4);
        var service = new LabService(run, run.MakeFolder("data"));
        await service.StartAsync(cancellationToken);
        var witness = new WitnessHandle(run, service, Clients,
            $"{WitnessHandle.EverythingMix}{string.Concat(Enumerable.Repeat(",rest", Rests))}", largest: 30_000, breakPercent: 0);
        await witness.LoadAsync(cancellationToken);
        using var wire = new WitnessClient(service.Address, service.Key);
        var (resident, live) = (new List<Sample>(), new List<Sample>());
        var began = run.Elapsed;
        for (var time = TimeSpan.Zero; time.TotalMinutes < minutes; time = run.Elapsed - began)
        {
            await Task.Delay(Pace, TimeProvider.System, cancellationToken);
            if (time.TotalMinutes < warm)
                continue;
            resident.Add(new Sample(time.TotalHours, Processes.ResidentBytes(service.ProcessId)));
            var metrics = await wire.AskAsync(HttpMethod.Get, "/metrics", null, cancellationToken);
            var alive = Gauge(metrics, "chunkupload_heap_live_bytes");
            // The figure is constant between two collections.
            if (live.Count == 0 || live[^1].Bytes != alive)
                live.Add(new Sample(time.TotalHours, alive));
        }

        Slope("resident memory", Minutes(resident), needed: minutes - warm - 1);
        Slope("the live heap", live, needed: 3);
        await witness.FinishAsync(cancellationToken);
        run.Floor("acknowledgements", witness.Acks, 200 * minutes);
        run.Figures.Add($"{minutes} minutes, {warm} of them before the first sample; {witness.Uploads} uploads compared");
        await service.FsckAsync(cancellationToken);
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");

        void Slope(string what, IReadOnlyList<Sample> samples, int needed)
        {
            run.Floor($"samples of {what}", samples.Count, needed);
            if (samples.Count < 3)
                return;
            var (slope, error) = Regression(samples);
            var (first, last) = (samples[0].Bytes / (1 << 20), samples[^1].Bytes / (1 << 20));
            var text = string.Create(CultureInfo.InvariantCulture,
                $"{what}: {first:0.0} MiB first, {last:0.0} MiB last, {slope:0.0} MiB an hour with a standard error of {error:0.0} in "
                    + $"{samples.Count} samples");
            run.Figures.Add(text);
            run.Check(slope - (Doubt * error) <= MostPerHour, $"{text}; at most {MostPerHour} is allowed");
        }
    }

    // Close samples carry the same information.
    private static List<Sample> Minutes(IEnumerable<Sample> samples) =>
        [.. samples.GroupBy(sample => (int)(sample.Hours * 60))
            .Select(minute => new Sample(minute.Average(sample => sample.Hours), minute.Average(sample => sample.Bytes)))];

    /// <summary>The slope of the least-squares line in MiB per hour, and its standard error.</summary>
    private static (double Slope, double Error) Regression(IReadOnlyList<Sample> samples)
    {
        var (x, y) = (samples.Average(sample => sample.Hours), samples.Average(sample => sample.Bytes));
        var spread = samples.Sum(sample => (sample.Hours - x) * (sample.Hours - x));
        var slope = samples.Sum(sample => (sample.Hours - x) * (sample.Bytes - y)) / spread;
        var rest = samples.Sum(sample => Math.Pow(sample.Bytes - y - (slope * (sample.Hours - x)), 2));
        return (slope / (1 << 20), Math.Sqrt(rest / (samples.Count - 2) / spread) / (1 << 20));
    }

    private static double Gauge(Answer? metrics, string name)
    {
        var line = System.Text.Encoding.UTF8.GetString(metrics?.Body ?? []).Split('\n')
            .FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))
            ?? throw new LabException($"/metrics has no {name}.");
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private sealed record Sample(double Hours, double Bytes);
}
