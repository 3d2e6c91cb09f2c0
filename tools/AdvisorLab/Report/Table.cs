using System.Globalization;
using System.Text;
using ChunkUpload.AdvisorLab.Experiments;
using ChunkUpload.AdvisorLab.Model;

namespace ChunkUpload.AdvisorLab.Report;

/// <summary>Prints the results as Markdown.</summary>
internal static class Table
{
    public static string Of(IReadOnlyList<Measure> measures)
    {
        var text = new StringBuilder();
        Line(text, "| row | value | 95 % | scenarios | goal | |");
        Line(text, "|---|---|---|---|---|---|");
        foreach (var measure in measures)
        {
            var goal = measure.Goal is { } value ? $"{(measure.AtMost ? "≤" : "≥")} {Number(value)}" : "";
            var met = measure.Goal is null ? "" : measure.IsMet ? "met" : "MISSED";
            Line(text, $"| `{measure.Name}` | {Number(measure.Ratio.Value)} | {Interval(measure.Ratio)} | {measure.Ratio.Count} | "
                + $"{goal} | {met} |");
        }

        Line(text, "");
        foreach (var measure in measures)
            Line(text, $"- `{measure.Name}`: {measure.Meaning}.");

        return text.ToString();
    }

    public static string Of(IReadOnlyList<Senders.Sender> lineup, IReadOnlyList<ScenarioResult> results)
    {
        var text = new StringBuilder();
        Line(text, "| sender | time against the best in hindsight with prefixes kept | 95 % | sent twice | requests | unfinished |");
        Line(text, "|---|---|---|---|---|---|");
        for (var index = 0; index < lineup.Count; index++)
        {
            var who = index;
            var ratio = Ratio.Of(results, result => result.Seconds[who] / result.Kept.Eight);
            Line(text, string.Create(
                CultureInfo.InvariantCulture,
                $"| {lineup[who].Name} | {ratio.Value:0.000} | {Interval(ratio)} | "
                    + $"{100 * results.Average(result => result.SentTwice[who]):0.0} % | "
                        + $"{results.Average(result => result.Requests[who]):0} | {results.Sum(result => result.Unfinished[who])} |"));
        }

        return text.ToString();
    }

    /// <summary>The main figures for each value of each property of a scenario.</summary>
    public static string By(IReadOnlyList<ScenarioResult> results)
    {
        var text = new StringBuilder();
        Line(text, "| by | value | scenarios | `wholeChunk1VsO1` | `wholeChunk4VsO2` | `keepPrefix4VsO2` | `keepPrefix4Waste` | "
            + "`vsTiers` | `vsTiersDropping` |");
        Line(text, "|---|---|---|---|---|---|---|---|---|");
        foreach (var (name, key) in Properties)
        {
            foreach (var group in results.GroupBy(result => key(result.Scenario), StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                var figures = Measure.Of([.. group])
                    .ToDictionary(measure => measure.Name, measure => measure.Ratio.Value, StringComparer.Ordinal);
                Line(text, $"| {name} | {group.Key} | {group.Count()} | {Number(figures["wholeChunk1VsO1"])} | "
                    + $"{Number(figures["wholeChunk4VsO2"])} | {Number(figures["keepPrefix4VsO2"])} | "
                        + $"{Number(figures["keepPrefix4Waste"])} | {Number(figures["vsTiers"])} | {Number(figures["vsTiersDropping"])} |");
            }
        }

        return text.ToString();
    }

    private static readonly (string Name, Func<Scenario, string> Key)[] Properties =
    [
        ("half of the traces", scenario => HalfOf(scenario.Trace.Name)),
        ("family", scenario => scenario.Trace.Family),
        ("MTBF", scenario => double.IsInfinity(scenario.Mtbf)
            ? "none"
            : string.Create(CultureInfo.InvariantCulture, $"{scenario.Mtbf,4} s")),
        ("wrong bytes", scenario => string.Create(CultureInfo.InvariantCulture, $"{scenario.Corruption}")),
        ("fluid time", scenario => scenario.Fluid < 20 ? "1: < 20 s" : scenario.Fluid < 60 ? "2: < 60 s" : scenario.Fluid < 200
            ? "3: < 200 s"
            : "4: longer"),
        ("round trip", scenario => scenario.RoundTrip < 0.07 ? "1: < 70 ms" : scenario.RoundTrip < 0.15 ? "2: < 150 ms" : "3: longer"),
        ("HTTP", scenario => scenario.Http2 ? "2" : "1.1"),
        ("commit", scenario => string.Create(CultureInfo.InvariantCulture, $"{1000 * scenario.Commit,3} ms")),
    ];

    // Split by a digest of the name, so that no choice of the author is involved and the halves have different networks.
    private static string HalfOf(string name) =>
        (System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(name))[0] & 1) == 0 ? "first" : "second";

    private static string Interval(Ratio ratio) => double.IsFinite(ratio.Low) ? $"{Number(ratio.Low)} – {Number(ratio.High)}" : "";

    private static string Number(double value) => double.IsNaN(value)
        ? ""
        : value.ToString(Math.Abs(value) < 10 && value % 1 != 0 ? "0.000" : "0.###", CultureInfo.InvariantCulture);

    // Fixed line ends, so that the same result is the same text on every platform.
    private static void Line(StringBuilder text, string line) => _ = text.Append(line).Append('\n');
}
