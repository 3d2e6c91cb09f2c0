namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Quantiles of the gamma distribution with scale 1: by bisection on the regularised incomplete gamma function. For explanations, not for
/// decisions.
/// </summary>
public static class GammaQuantile
{
    private const int Steps = 200;
    private const double Precision = 1e-12;

    /// <summary>The value below which a share <paramref name="probability"/> of the distribution lies.</summary>
    public static double Of(double probability, double shape)
    {
        if (!(shape > 0) || !double.IsFinite(shape) || !(probability is > 0 and < 1))
            return double.NaN;
        double low = 0, high = Math.Max(1, shape);
        while (Below(high, shape) < probability && high < double.MaxValue / 2)
            high *= 2;
        for (var step = 0; step < Steps && high - low > Precision * high; step++)
        {
            var middle = (low + high) / 2;
            if (Below(middle, shape) < probability)
                low = middle;
            else
                high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>
    /// The share of the distribution below <paramref name="value"/>: a series for small values, a continued fraction for large ones.
    /// </summary>
    private static double Below(double value, double shape)
    {
        if (value <= 0)
            return 0;
        var scale = Math.Exp((shape * Math.Log(value)) - value - LogGamma(shape));
        if (value < shape + 1)
        {
            double term = 1 / shape, sum = term;
            for (var n = 1; n < 10_000 && term > sum * Precision; n++)
            {
                term *= value / (shape + n);
                sum += term;
            }

            return sum * scale;
        }

        // Lentz's method.
        const double Tiny = 1e-300;
        double b = value + 1 - shape, c = 1 / Tiny, d = 1 / b, fraction = d;
        for (var n = 1; n < 10_000; n++)
        {
            var a = -n * (n - shape);
            b += 2;
            d = 1 / Guard((a * d) + b);
            c = Guard(b + (a / c));
            var change = c * d;
            fraction *= change;
            if (Math.Abs(change - 1) < Precision)
                break;
        }

        return 1 - (scale * fraction);

        static double Guard(double x) => Math.Abs(x) < Tiny ? Tiny : x;
    }

    // Stirling's series, after the recurrence has raised small arguments.
    private static double LogGamma(double x)
    {
        var shift = 0.0;
        while (x < 10)
            shift += Math.Log(x++);
        var square = 1 / (x * x);
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + (
            (1.0 / 12) - (square * ((1.0 / 360) - (square / 1260)))) / x - shift;
    }
}
