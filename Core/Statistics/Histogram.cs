namespace ChunkUpload.Core.Statistics;

/// <summary>
/// A histogram with bounds a factor of 2^(1/8) apart. Histograms of several times and tenants are merged by adding their buckets, so a
/// percentile of a month is as good as one of a minute.
/// </summary>
public sealed class Histogram
{
    /// <summary>A percentile lies within this share of the true value, which is in the bucket whose middle is reported.</summary>
    public static readonly double Error = Math.Pow(2, 0.5 / PerDoubling) - 1;

    private const int PerDoubling = 8;

    private readonly SortedDictionary<int, long> _buckets = [];

    public long Count { get; private set; }

    /// <summary>Returns the bucket of a value of at least 1.</summary>
    public static int BucketOf(double value) => (int)Math.Floor(Math.Log2(Math.Max(1, value)) * PerDoubling);

    public void Add(int bucket, long count)
    {
        _buckets[bucket] = _buckets.GetValueOrDefault(bucket) + count;
        Count += count;
    }

    /// <summary>Returns the value that this share of all values does not exceed; null if there are no values.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double? Percentile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        foreach (var (bucket, count) in _buckets)
        {
            rank -= count;
            if (rank <= 0)
                return Math.Pow(2, (bucket + 0.5) / PerDoubling);
        }

        return null;
    }
}
