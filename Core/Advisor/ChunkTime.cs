namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Calculates the best duration of a chunk on a single stream if a break loses the whole chunk. With dead time o per chunk and a break each
/// M seconds on average, throughput is highest where e^((o+t)/M) (t/M - 1) + 1 = 0. For small o/M, t is close to √(2oM) - o.
/// </summary>
public static class ChunkTime
{
    public static double Best(double deadTime, double mtbf)
    {
        if (!(deadTime > 0) || !(mtbf > 0))
            return 0;
        if (double.IsInfinity(mtbf))
            return double.PositiveInfinity;

        // In units of M: f(x) = e^(c+x)(x-1) + 1 rises from below 0 at x = 0 to 1 at x = 1 and is convex there, so Newton's method from the
        // right never leaves the interval.
        var c = Math.Min(deadTime / mtbf, 50);
        var x = Math.Min(1, Math.Sqrt(2 * c));
        for (var step = 0; step < 20; step++)
        {
            var e = Math.Exp(c + x);
            var change = ((e * (x - 1)) + 1) / (e * x);
            x -= change;
            if (Math.Abs(change) < 1e-9 * x)
                break;
        }

        return x * mtbf;
    }
}
