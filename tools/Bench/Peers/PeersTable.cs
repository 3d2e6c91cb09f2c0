using System.Globalization;
using System.Text;
using ChunkUpload.Bench.Report;

namespace ChunkUpload.Bench.Peers;

/// <summary>Prints the samples: a line during the run, and a Markdown table at the end.</summary>
internal static class PeersTable
{
    private static readonly Column[] Columns =
    [
        new("CPU-s/GiB", (sample, _) => sample.CpuPerGib) { HasSpread = true },
        new("PG", (sample, _) => sample.DatabaseCpu == 0 ? null : sample.DatabaseCpu / sample.Cpu * sample.CpuPerGib),
        new("client", (sample, _) => sample.ClientCpu / sample.Bytes * (1L << 30)),
        new("kernel", (sample, _) => sample.KernelCpu / sample.Bytes * (1L << 30)),
        new("× sha", (sample, round) => Ratio(sample, round, PeerKind.HashingFloor)),
        new("× tus", (sample, round) => Ratio(sample, round, PeerKind.TusServer)),
        new("× nginx", (sample, round) => Ratio(sample, round, PeerKind.Nginx)),
        new("ms/req", (sample, _) => sample.CpuMsPerRequest),
        new("wall s", (sample, _) => sample.Wall),
        new("req/s", (sample, _) => sample.RequestsPerSecond),
        new("MiB", (sample, _) => Mib(sample.PeakBytes)),
        new("PG MiB", (sample, _) => sample.DatabaseBytes == 0 ? null : Mib(sample.DatabaseBytes)),
        new("flushes", (sample, _) => sample.Flushes),
        new("re-read", (sample, _) => Mib(sample.ReRead)),
    ];

    private const string Legend = """
        Median of the rounds, for CPU-s/GiB with minimum to maximum. CPU-s/GiB is the server's CPU time, and PG is PostgreSQL's part of it;
        client and kernel are the CPU time of the load generator and of the kernel's threads for the same GiB. The ratios are of CPU, within
        a round, to the hashing floor, @tus/server and nginx. ms/req is CPU time, MiB peak memory, and re-read is in MiB.
        """;

    public static string Line(Sample sample) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {sample.Round + 1} {sample.Scenario,-2} {sample.Peer,-16} {sample.CpuPerGib,7:F3} CPU-s/GiB (PostgreSQL "
            + $"{sample.DatabaseCpu:F3} s; the kernel's threads {sample.KernelCpu:F3} s more)  {sample.CpuMsPerRequest,8:F3} "
                + $"CPU-ms/request  " +
        $"{sample.Wall,6:F2} s  {sample.RequestsPerSecond,8:F1} requests/s  peak {Mib(sample.PeakBytes),4:F0} MiB  {sample.Flushes,5} "
            + $"flushes  {Mib(sample.ReRead):F1} MiB re-read")
        + string.Concat(sample.More.Select(more => string.Create(CultureInfo.InvariantCulture, $"  {more.Key} {more.Value:F2}")));

    public static string Markdown(IReadOnlyList<Scenario> scenarios, IReadOnlyList<Sample> samples)
    {
        var text = new StringBuilder();
        var rounds = samples.GroupBy(sample => (sample.Scenario, sample.Round))
            .ToDictionary(group => group.Key, group => (IReadOnlyList<Sample>)[.. group]);
        foreach (var scenario in scenarios)
        {
            var mine = samples.Where(sample => sample.Scenario == scenario.Name).ToList();
            if (mine.Count == 0)
                continue;
            Column[] columns =
            [
                .. Columns, .. mine.SelectMany(sample => sample.More.Keys).Distinct().Select(
                    name => new Column(name, (sample, _) => sample.More.TryGetValue(name, out var value) ? value : null)),
            ];
            columns = [.. columns.Where(column => mine.Any(sample => Of(column, sample) is not null))];
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"### {scenario.Name}: {scenario.Title}").AppendLine()
                .AppendLine(CultureInfo.InvariantCulture, $"|server|{string.Join('|', columns.Select(column => column.Title))}|")
                .Append("|---|").Insert(text.Length, "---|", columns.Length).AppendLine();
            foreach (var runs in PeerKind.All.Select(kind => mine.FindAll(sample => sample.Peer == kind.Name))
                .Where(runs => runs.Count > 0))
            {
                var cells = columns.Select(column => Cell(runs.Select(run => Of(column, run)), column.HasSpread));
                _ = text.AppendLine(CultureInfo.InvariantCulture, $"| {runs[0].Peer} | {string.Join(" | ", cells)} |");
            }

            _ = text.AppendLine();
        }

        return text.AppendLine(Legend).ToString();

        double? Of(Column column, Sample sample) => column.Of(sample, rounds[(sample.Scenario, sample.Round)]);
    }

    public static string Goals(IReadOnlyList<Figure> goals)
    {
        var text = new StringBuilder(
            "\n### Goals\n\n| scenario and figure | unit | median | minimum | maximum | goal | |\n|---|---|---|---|---|---|---|\n");
        foreach (var goal in goals)
        {
            var (limit, verdict) = goal.Goal is { } most ? ($"≤ {Number(most)}", goal.IsMet ? "met" : "missed") : ("none", "");
            _ = text.Append(CultureInfo.InvariantCulture, $"| {goal.Name} | {goal.Unit} | {Number(goal.Median)} | {Number(goal.Minimum)} "
                + $"| {Number(goal.Maximum)} | {limit} | {verdict} |\n");
        }

        return text.ToString();
    }

    private static double? Ratio(Sample sample, IReadOnlyList<Sample> round, string peer) =>
        round.FirstOrDefault(other => other.Peer == peer) is { } other && other.Peer != sample.Peer
            ? sample.CpuPerGib / other.CpuPerGib
            : null;

    private static string Cell(IEnumerable<double?> values, bool hasSpread)
    {
        var sorted = values.OfType<double>().Order().ToArray();
        if (sorted.Length == 0)
            return "–";
        var median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return !hasSpread || sorted[0] == sorted[^1] ? Number(median) : $"{Number(median)} ({Number(sorted[0])} to {Number(sorted[^1])})";
    }

    private static string Number(double value) =>
        value.ToString(value >= 1000 ? "N0" : value >= 100 || value == 0 ? "F0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);

    private static double Mib(long bytes) => bytes / (double)(1 << 20);

    private sealed record Column(string Title, Func<Sample, IReadOnlyList<Sample>, double?> Of)
    {
        /// <summary>Gets a value that indicates whether cells show minimum and maximum beside the median.</summary>
        public bool HasSpread { get; init; }
    }
}
