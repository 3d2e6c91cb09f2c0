using ChunkUpload.Core.Statistics;

namespace ChunkUpload.Tests.Unit.Statistics;

public sealed class HistogramTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    [InlineData(1)]
    public void Percentiles_of_merged_histograms_are_within_the_error_of_the_true_ones(double share)
    {
        var random = new Random(17);
        var values = Enumerable.Range(0, 20_000).Select(_ => Math.Exp(random.NextDouble() * 25)).ToList();
        var merged = new Histogram();
        // Sixty roll-ups, each with its own histogram.
        foreach (var part in values.Chunk(values.Count / 60))
        {
            foreach (var bucket in part.GroupBy(Histogram.BucketOf))
                merged.Add(bucket.Key, bucket.Count());
        }

        values.Sort();
        var exact = values[(int)Math.Ceiling(share * values.Count) - 1];
        Assert.Equal(values.Count, merged.Count);
        Assert.InRange(merged.Percentile(share)!.Value, exact / (1 + Histogram.Error), exact * (1 + Histogram.Error));
        Assert.InRange(Histogram.Error, 0.04, 0.05);
    }

    [Fact]
    public void There_is_no_percentile_without_values() => Assert.Null(new Histogram().Percentile(0.5));

    [Fact]
    public void A_value_below_one_counts_as_one()
    {
        var histogram = new Histogram();
        histogram.Add(Histogram.BucketOf(0), 1);
        Assert.InRange(histogram.Percentile(0.5)!.Value, 1, 1.1);
    }

    [Fact]
    public void A_summary_adds_steps_up()
    {
        var at = DateTimeOffset.UnixEpoch;
        var summary = new StatisticsSummary(
        [
            new(at, "sum", "completed", 3), new(at.AddMinutes(1), "sum", "completed", 5), new(at, "sum", "failed", 2),
            new(at, "sum", "cancelled", 9), new(at, "sum", "bytes", 1L << 31), new(at, "sum", "cuts", 5), new(at, "received", "tus", 7),
            new(at, "received", "put", 8),
        ]);
        Assert.Equal(8, summary.Completed);
        Assert.Equal(0.8, summary.SuccessRate);
        Assert.Equal(2.5, summary.RetriesPerGiB);
        Assert.Equal(15, summary.Received);
        Assert.Null(new StatisticsSummary([]).SuccessRate);
        Assert.Null(new StatisticsSummary([]).RetriesPerGiB);
    }
}
