namespace ChunkUpload.Bench.Report;

/// <summary>
/// One thing measured, several times. The median counts, or another <see cref="Quantile"/>; it must not be above the goal.
/// </summary>
/// <param name="Goal">Null: for information.</param>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Samples, double? Goal = null)
{
    /// <summary>Which of the samples in order the goal is for: 0.5 the median, 1 the largest.</summary>
    public double Quantile { get; init; } = 0.5;

    /// <summary>The sample that the goal is for.</summary>
    public double Counted => Quantile == 0.5 ? Median : Samples.Order()
        .ElementAt(Math.Max(0, (int)Math.Ceiling(Samples.Count * Quantile) - 1));

    public double Minimum => Samples.Min();

    public double Maximum => Samples.Max();

    public double Median
    {
        get
        {
            var sorted = Samples.Order().ToArray();
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    public bool IsMet => Goal is null || Counted <= Goal;
}
