namespace ChunkUpload.Bench.Report;

/// <summary>One thing measured, several times. The median counts; it must not be above the goal.</summary>
/// <param name="Goal">Null: for information.</param>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Samples, double? Goal = null)
{
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

    public bool IsMet => Goal is null || Median <= Goal;
}
