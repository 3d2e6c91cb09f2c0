using System.Globalization;
using System.Text;
using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;

namespace ChunkUpload.AdvisorLab.Report;

/// <summary>Draws one upload as SVG: above, the link's rate and the committed bytes; below, the chunks' sizes and the breaks.</summary>
internal static class Plot
{
    private const double Width = 860;
    private const double Left = 70;
    private const double Right = 20;
    private const double PanelHeight = 190;
    private const double Gap = 60;
    private const double Top = 56;
    private const int Buckets = 120;

    public static string Of(Scenario scenario, Sender sender, int seed)
    {
        var moments = new List<RunMoment>();
        var run = new UploadSimulation().Run(scenario, sender, seed, watch: moments.Add);
        var seconds = run.Seconds;
        var text = new StringBuilder();
        var height = Top + (2 * PanelHeight) + Gap + 40;
        Add(text, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="sans-serif" font-size="12">""");
        Add(text, $"""<rect width="100%" height="100%" fill="#fff"/>""");
        Add(text, $"""<text x="{Left}" y="20" font-size="15">{Escape(sender.Name)} over {Escape(scenario.Trace.Name)}</text>""");
        Add(text, $"""<text x="{Left}" y="38" fill="#555">{scenario.Size / 1e6:0} MB in {seconds:0.0} s """, ends: false);
        Add(text, $"({scenario.Fluid:0.0} s at the link's full rate), round trip {scenario.RoundTrip * 1000:0} ms, ", ends: false);
        Add(text, $"{Drops(scenario)}, {run.Requests} requests, {100 * run.SentTwice:0.0} % sent twice</text>");

        var (link, goodput) = Rates(scenario, moments, seconds);
        var most = Math.Max(link.Max(), goodput.Max()) * 1.05;
        Axis(text, Top, seconds, $"{most * 8 / 1e6:0.#} Mbit/s", "0");
        Steps(text, Top, link, most, "#b9c4d0");
        Steps(text, Top, goodput, most, "#0b6e4f");
        Legend(text, Top, ("#8796a5", "link"), ("#0b6e4f", "committed"));

        var below = Top + PanelHeight + Gap;
        var (smallest, largest) = (Math.Log2(64 << 10), Math.Log2(128 << 20));
        Axis(text, below, seconds, "128 MiB", "64 KiB");
        foreach (var moment in moments.Where(moment => moment.Size > 0 && !moment.Failure))
        {
            var share = Math.Clamp((Math.Log2(moment.Size) - smallest) / (largest - smallest), 0, 1);
            var y = below + (PanelHeight * (1 - share));
            Add(text, $"""<circle cx="{X(moment.At, seconds):0.0}" cy="{y:0.0}" r="2.2" fill="#1f4e9c"/>""");
        }

        foreach (var moment in moments.Where(moment => moment.Failure))
        {
            var x = X(moment.At, seconds);
            Add(text, $"""<line x1="{x:0.0}" x2="{x:0.0}" y1="{below}" y2="{below + PanelHeight}" """, ends: false);
            Add(text, $"""stroke="#c0392b" stroke-width="0.8" stroke-dasharray="2 3"/>""");
        }

        Legend(text, below, ("#1f4e9c", "chunk sizes"), ("#c0392b", "breaks"));
        Add(text, $"</svg>");
        return text.ToString();
    }

    private static (double[] Link, double[] Goodput) Rates(Scenario scenario, List<RunMoment> moments, double seconds)
    {
        var width = seconds / Buckets;
        var (link, goodput) = (new double[Buckets], new double[Buckets]);
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            for (var part = 0; part < 8; part++)
            {
                var at = (scenario.Offset + ((bucket + (part / 8.0)) * width)) % scenario.Trace.Seconds;
                link[bucket] += scenario.Trace.RateOf(scenario.Trace.StepAt(at)) / 8;
            }
        }

        var before = 0.0;
        foreach (var moment in moments.Where(moment => moment.Committed > before).ToList())
        {
            goodput[Math.Min(Buckets - 1, (int)(moment.At / width))] += (moment.Committed - before) / width;
            before = moment.Committed;
        }

        // Chunks commit in bursts; the average over a few buckets gives a readable line.
        return (link, [.. goodput.Select((_, index) => goodput[Math.Max(0, index - 2)..Math.Min(Buckets, index + 3)].Average())]);
    }

    private static void Axis(StringBuilder text, double top, double seconds, string high, string low)
    {
        var bottom = top + PanelHeight;
        Add(text, $"""<path d="M{Left} {top}V{bottom}H{Width - Right}" fill="none" stroke="#333"/>""");
        Add(text, $"""<text x="{Left - 6}" y="{top + 10}" text-anchor="end">{high}</text>""", ends: false);
        Add(text, $"""<text x="{Left - 6}" y="{bottom}" text-anchor="end">{low}</text>""");
        for (var mark = 0; mark <= 4; mark++)
        {
            var at = seconds * mark / 4;
            Add(text, $"""<text x="{X(at, seconds):0.0}" y="{bottom + 16}" text-anchor="middle">{at:0} s</text>""");
        }
    }

    private static void Legend(StringBuilder text, double top, (string Colour, string Name) first, (string Colour, string Name) second)
    {
        Add(text, $"""<text x="{Width - Right}" y="{top + 14}" text-anchor="end">""", ends: false);
        Add(text, $"""<tspan fill="{first.Colour}">{first.Name}</tspan>  """, ends: false);
        Add(text, $"""<tspan fill="{second.Colour}">{second.Name}</tspan></text>""");
    }

    private static void Steps(StringBuilder text, double top, double[] values, double most, string colour)
    {
        var path = new StringBuilder();
        for (var index = 0; index < values.Length; index++)
        {
            var y = top + (PanelHeight * (1 - Math.Min(1, values[index] / most)));
            Add(path, $"{(index == 0 ? "M" : "L")}{X(index, values.Length):0.0} {y:0.0}H{X(index + 1, values.Length):0.0}", ends: false);
        }

        Add(text, $"""<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>""");
    }

    private static double X(double value, double most) => Left + ((Width - Left - Right) * Math.Min(1, value / most));

    private static string Drops(Scenario scenario) =>
        double.IsInfinity(scenario.Mtbf) ? "no drops" : string.Create(CultureInfo.InvariantCulture, $"a drop every {scenario.Mtbf:0} s");

    private static string Escape(string text) => System.Security.SecurityElement.Escape(text) ?? "";

    private static void Add(StringBuilder text, FormattableString line, bool ends = true)
    {
        _ = text.Append(line.ToString(CultureInfo.InvariantCulture));
        if (ends)
            _ = text.Append('\n');
    }
}
