using System.Globalization;

namespace ChunkUpload.Core.Advisor;

/// <summary>Converts figures to the names and units of the API.</summary>
public static class AdviceText
{
    private const int FreshForMs = 20_000;
    private const int ColdForMs = 60_000;

    /// <summary>
    /// Appears in the history in place of the limit: no more advice follows, and the line shows the outcome of the last advice.
    /// </summary>
    public const string Over = "over";

    /// <param name="silence">Seconds since the last byte of the current requests; NaN when there are none.</param>
    public static Advice Of(in AdviceFigures figures, in NetworkFigures seen, double silence = double.NaN) => new(
        figures.Size, [figures.Low, figures.High], figures.Concurrency, [Milliseconds(figures.RetryFrom), Milliseconds(figures.RetryTo)],
        Milliseconds(figures.Stall), Milliseconds(figures.Probe), Word(figures.Confidence), figures.Rate > 0 ? FreshForMs : ColdForMs,
        double.IsNaN(silence) ? null : Milliseconds(silence),
        new AdviceReason(
            figures.Rate > 0 ? Rounded(figures.Rate * 8, 0) : null,
            figures.Rate > 0 ? Rounded(figures.DeadTime * 1000, 0) : null,
            Rounded(figures.Mtbf, 1),
            figures.Mtbf > 0 ? Interval(seen) : null,
            Rounded(figures.Target, 2),
            Word(figures.LimitedBy),
            Rounded(figures.Overhead * 100, 1),
            Sentence(figures, seen)));

    /// <summary>The figure, or null when it is not a positive number.</summary>
    public static double? Finite(double value) => double.IsFinite(value) && value > 0 ? value : null;

    public static string Word(SizeLimit limit) => limit switch
    {
        SizeLimit.ColdStart => "cold-start",
        SizeLimit.Growth => "growth",
        SizeLimit.FailureRate => "failure-rate",
        SizeLimit.Corruption => "corruption",
        SizeLimit.MinDuration => "min-duration",
        SizeLimit.MaxDuration => "max-duration",
        SizeLimit.MinSize => "min-size",
        SizeLimit.MaxSize => "max-size",
        SizeLimit.Remaining => "remaining",
        SizeLimit.Policy => "policy",
        _ => throw new ArgumentOutOfRangeException(nameof(limit), limit, null),
    };

    public static string Word(Confidence confidence) => confidence switch
    {
        Confidence.Low => "low",
        Confidence.Medium => "medium",
        Confidence.High => "high",
        _ => throw new ArgumentOutOfRangeException(nameof(confidence), confidence, null),
    };

    // The rate of breaks is gamma distributed around the observed one. The inverses of its 5 % and 95 % points bound the time between two
    // breaks.
    private static double[] Interval(in NetworkFigures seen)
    {
        var tuning = AdaptiveTuning.Default;
        var (shape, seconds) = (tuning.PriorBreaks + seen.Drops, tuning.PriorSeconds + seen.Exposure);
        return [Math.Round(seconds / GammaQuantile.Of(0.95, shape), 1),
            Math.Round(Math.Min(1e9, seconds / GammaQuantile.Of(0.05, shape)), 1)];
    }

    private static string Sentence(in AdviceFigures figures, in NetworkFigures seen)
    {
        var size = Size(figures.Size);
        var streams = figures.Concurrency == 1
            ? "one at a time"
            : string.Create(CultureInfo.InvariantCulture, $"{figures.Concurrency} at a time");
        if (figures.LimitedBy == SizeLimit.ColdStart)
            return $"{size}, {streams}, to begin with: nothing was measured on this link yet.";
        if (figures.LimitedBy == SizeLimit.Policy)
            return $"{size}, {streams}: the configured policy.";
        var breaks = seen.Drops < 0.5
            ? "no break seen"
            : string.Create(CultureInfo.InvariantCulture, $"about one break per {figures.Mtbf:0} s");
        var measured = string.Create(
            CultureInfo.InvariantCulture,
            $"{figures.Rate * 8 / 1e6:0.##} Mbit/s, {figures.DeadTime * 1000:0} ms {(seen.Gap > 0 ? "" : "probably ")}lost per request, "
                + $"{breaks}: ");
        return measured + figures.LimitedBy switch
        {
            SizeLimit.Growth => $"{size}, {streams}, as sizes grow no faster than fivefold.",
            SizeLimit.FailureRate => string.Create(CultureInfo.InvariantCulture,
                $"chunks of {figures.Target:0.0#} s, {streams}, balance what a request costs against sending again."),
            SizeLimit.Corruption when seen.Corrupt < 0.5 =>
                $"{size}, {streams}, because a chunk with a wrong byte is sent again as a whole.",
            SizeLimit.Corruption =>
                $"{size}, {streams}, because bytes arrived wrong, and a chunk with a wrong byte is sent again as a whole.",
            SizeLimit.MinDuration => $"{size}, {streams}: smaller chunks would cost more than they save.",
            SizeLimit.MinSize =>
                $"{size}, {streams}: the smallest size that this service advises, although a smaller one would put fewer bytes at risk.",
            SizeLimit.MaxDuration => $"{size}, {streams}: a request should not take longer.",
            SizeLimit.MaxSize => $"{size}, {streams}: the largest allowed size.",
            _ => $"{size}, {streams}, so that all streams end together.",
        };
    }

    private static string Size(long bytes) => bytes >= 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.##} MiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.##} KiB");

    public static int Milliseconds(double seconds) => (int)Math.Clamp(seconds * 1000, 0, int.MaxValue);

    private static double? Rounded(double value, int digits) => Finite(value) is { } finite && finite < 1e15
        ? Math.Round(finite, digits)
        : null;
}
