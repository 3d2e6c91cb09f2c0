using System.Globalization;
using System.Text;
using ChunkUpload.Bench.Report;

namespace ChunkUpload.Bench.Peers;

/// <summary>Prints the samples: a line during the run, and a Markdown table at the end.</summary>
internal static class PeersTable
{
    private static readonly (string Title, Func<Sample, IReadOnlyList<Sample>, double?> Of)[] Columns =
    [
        ("CPU-s/GiB", (sample, _) => sample.CpuPerGib),
        ("of it PostgreSQL", (sample, _) => sample.DatabaseCpu == 0 ? null : sample.DatabaseCpu / sample.Cpu * sample.CpuPerGib),
        ("the client's", (sample, _) => sample.ClientCpu / sample.Bytes * (1L << 30)),
        ("the kernel's threads'", (sample, _) => sample.KernelCpu / sample.Bytes * (1L << 30)),
        ("× floor+sha", (sample, round) => Ratio(sample, round, PeerKind.HashingFloor)),
        ("× @tus/server", (sample, round) => Ratio(sample, round, PeerKind.TusServer)),
        ("× nginx", (sample, round) => Ratio(sample, round, PeerKind.Nginx)),
        ("CPU-ms/request", (sample, _) => sample.CpuMsPerRequest),
        ("wall, s", (sample, _) => sample.Wall),
        ("requests/s", (sample, _) => sample.RequestsPerSecond),
        ("peak MiB", (sample, _) => Mib(sample.PeakBytes)),
        ("PostgreSQL MiB", (sample, _) => sample.DatabaseBytes == 0 ? null : Mib(sample.DatabaseBytes)),
        ("flushes", (sample, _) => sample.Flushes),
        ("re-read MiB", (sample, _) => Mib(sample.ReRead)),
    ];

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
            var more = mine.SelectMany(sample => sample.More.Keys).Distinct().ToList();
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"### {scenario.Name}: {scenario.Title}").AppendLine()
                .Append("| server |").AppendJoin('|', Columns.Select(column => $" {column.Title} ")).Append('|')
                    .AppendJoin("", more.Select(name => $" {name} |")).AppendLine()
                .Append('|').Append(
                    "---|".PadRight((Columns.Length + more.Count + 1) * 4).Replace("    ", "---|", StringComparison.Ordinal)).AppendLine();
            foreach (var peer in PeerKind.All.Select(kind => kind.Name))
            {
                var runs = mine.Where(sample => sample.Peer == peer).ToList();
                if (runs.Count == 0)
                    continue;
                _ = text.Append(CultureInfo.InvariantCulture, $"| {peer} |");
                foreach (var (_, of) in Columns)
                    _ = text.Append(
                        CultureInfo.InvariantCulture, $" {Cell(runs.Select(run => of(run, rounds[(run.Scenario, run.Round)])))} |");
                foreach (var name in more)
                    _ = text.Append(CultureInfo.InvariantCulture,
                        $" {Cell(runs.Select(run => run.More.TryGetValue(name, out var value) ? value : (double?)null))} |");
                _ = text.AppendLine();
            }

            _ = text.AppendLine();
        }

        return text.Append("Median (minimum to maximum) of the rounds; ratios are of CPU, within a round.").AppendLine().ToString();
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

    private static string Cell(IEnumerable<double?> values)
    {
        var sorted = values.OfType<double>().Order().ToArray();
        if (sorted.Length == 0)
            return "–";
        var median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return sorted[0] == sorted[^1] ? Number(median) : $"{Number(median)} ({Number(sorted[0])} to {Number(sorted[^1])})";
    }

    private static string Number(double value) =>
        value.ToString(value >= 1000 ? "N0" : value >= 100 || value == 0 ? "F0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);

    private static double Mib(long bytes) => bytes / (double)(1 << 20);
}
