using System.Globalization;

namespace ChunkUpload.Core.Statistics;

/// <summary>The figures of one step or of a whole range.</summary>
public sealed class StatisticsSummary
{
    private const double Gibibyte = 1L << 30;

    private readonly Dictionary<string, Dictionary<string, long>> _kinds = new(StringComparer.Ordinal);
    private readonly Histogram _durations = new();
    private readonly Histogram _speeds = new();

    public StatisticsSummary(IEnumerable<StepFigure> figures)
    {
        foreach (var (_, kind, name, value) in figures)
        {
            if (kind is "duration" or "speed")
            {
                (kind == "duration" ? _durations : _speeds).Add(int.Parse(name, CultureInfo.InvariantCulture), value);
                continue;
            }

            if (!_kinds.TryGetValue(kind, out var names))
                _kinds[kind] = names = new Dictionary<string, long>(StringComparer.Ordinal);
            names[name] = names.GetValueOrDefault(name) + value;
        }
    }

    /// <summary>Bytes that became durable, of uploads that ended or not.</summary>
    public long Received => Counts("received").Values.Sum();

    public long Begun => Sum("begun");

    public long Completed => Sum("completed");

    public long Failed => Sum("failed");

    public long Cancelled => Sum("cancelled");

    public long Expired => Sum("expired");

    /// <summary>The share of completed uploads among those that were not cancelled by a person; null if none ended.</summary>
    public double? SuccessRate =>
        Completed + Failed + Expired is > 0 and var ended ? (double)Completed / ended : null;

    /// <summary>Interrupted requests of the uploads that ended.</summary>
    public long Retries => Sum("cuts");

    /// <summary>Interrupted requests per GiB of the uploads that ended; null if they have no bytes.</summary>
    public double? RetriesPerGiB => Sum("bytes") is > 0 and var bytes ? Retries * Gibibyte / bytes : null;

    /// <summary>Bytes that were kept from interrupted requests and did not have to be sent again.</summary>
    public long Saved => Sum("saved");

    /// <summary>Milliseconds from the creation to the completion.</summary>
    public double? Duration(double share) => _durations.Percentile(share);

    /// <summary>Bytes per second of uploads of at least <see cref="StatisticsCollector.LeastForSpeed"/>.</summary>
    public double? Speed(double share) => _speeds.Percentile(share);

    /// <summary>Returns the figures of a kind, by name.</summary>
    public IReadOnlyDictionary<string, long> Counts(string kind) =>
        _kinds.TryGetValue(kind, out var names) ? names : new Dictionary<string, long>();

    private long Sum(string name) => Counts("sum").GetValueOrDefault(name);
}
