namespace ChunkUpload.Bench.Report;

/// <summary>
/// One quantity, measured several times. The median counts, or another <see cref="Quantile"/>; it must not exceed the goal.
/// </summary>
/// <param name="Goal">Null means for information.</param>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Samples, double? Goal = null)
{
    /// <summary>The quantile to which the goal applies: 0.5 is the median, 1 the largest sample.</summary>
    public double Quantile { get; init; } = 0.5;

    /// <summary>The sample to which the goal applies.</summary>
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
