using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace ChunkUpload.Api.Metrics;

/// <summary>
/// Collects every instrument of the meter <c>ChunkUpload</c> and writes it in Prometheus' text format. Each set of tags is a series; the
/// number of series per instrument is bounded, so that a wrong tag cannot exhaust memory.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private const int MaxSeries = 2000;

    private static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    // Every request and flush is measured, so find its series without building a string.
    private const int LongestKept = 256;

    [ThreadStatic]
    private static StringBuilder? t_text;

    private readonly Lock _writing = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, Series>> _instruments = new();

    public PrometheusText(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Another service in the same process (in tests) has a meter factory of its own.
            if (instrument.Meter.Name == ApiMeter.Name && instrument.Meter.Scope == meters)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.MeasurementsCompleted = (instrument, _) => _instruments.TryRemove(instrument, out var _);
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    public string Write()
    {
        lock (_writing)
            return WriteAll();
    }

    private string WriteAll()
    {
        // Series that an instrument no longer reports must not keep their last values.
        foreach (var (_, series) in _instruments.Where(one => one.Key.IsObservable))
            series.Clear();
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(16 << 10);
        foreach (var group in _instruments.GroupBy(pair => NameOf(pair.Key)).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var instrument = group.First().Key;
            text.Append("# HELP ").Append(group.Key).Append(' ')
                .Append(instrument.Description?.Replace("\n", " ", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(group.Key).Append(' ').Append(TypeOf(instrument)).Append('\n');
            foreach (var (tags, series) in group.SelectMany(pair => pair.Value).OrderBy(pair => pair.Key, StringComparer.Ordinal))
                series.Write(text, group.Key, tags);
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var all = _instruments.GetOrAdd(instrument, static _ => new());
        var text = t_text ??= new StringBuilder(256);
        Write(tags, text.Clear());
        Span<char> room = stackalloc char[LongestKept];
        var isKept = text.Length <= LongestKept;
        if (isKept)
            text.CopyTo(0, room, text.Length);
        Series? series = null;
        if (!isKept || !all.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(room[..text.Length], out series))
        {
            if (all.Count >= MaxSeries)
                return;
            series = all.GetOrAdd(
                text.ToString(), static (_, made) => new Series(IsHistogram(made) ? Seconds : null, IsAbsolute(made)), instrument);
        }

        series.Add(value);
    }

    private static bool IsHistogram(Instrument instrument) => TypeOf(instrument) == "histogram";

    // An observable instrument reports its value; others report increments.
    private static bool IsAbsolute(Instrument instrument) => instrument.IsObservable || KindOf(instrument)
        .StartsWith("Gauge", StringComparison.Ordinal);

    private static string KindOf(Instrument instrument) => instrument.GetType().Name;

    private static string TypeOf(Instrument instrument)
    {
        var kind = KindOf(instrument);
        return kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : kind.StartsWith("Counter", StringComparison.Ordinal) || kind.StartsWith("ObservableCounter", StringComparison.Ordinal)
                ? "counter"
            : "gauge";
    }

    private static string NameOf(Instrument instrument)
    {
        var name = new StringBuilder(instrument.Name.Replace('.', '_'));
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (unit.Length > 0 && !instrument.Name.EndsWith(unit, StringComparison.Ordinal))
            name.Append(unit);
        if (TypeOf(instrument) == "counter")
            name.Append("_total");
        return name.ToString();
    }

    private static void Write(ReadOnlySpan<KeyValuePair<string, object?>> tags, StringBuilder text)
    {
        foreach (var (name, value) in tags)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(name.Replace('.', '_')).Append("=\"");
            if (value is int number)
                text.Append(CultureInfo.InvariantCulture, $"{number}");
            else
                text.Append(Convert.ToString(value, CultureInfo.InvariantCulture)?
                    .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
                        .Replace("\n", "\\n", StringComparison.Ordinal));
            text.Append('"');
        }
    }

    /// <summary>One line, or for a histogram one per bucket, a sum and a count.</summary>
    private sealed class Series(double[]? bounds, bool absolute)
    {
        private readonly Lock _lock = new();
        private readonly long[] _buckets = new long[bounds?.Length ?? 0];
        private double _sum;
        private long _count;

        public void Add(double value)
        {
            lock (_lock)
            {
                _sum = absolute ? value : _sum + value;
                _count++;
                var bucket = 0;
                while (bucket < _buckets.Length && !(value <= bounds![bucket]))
                    bucket++;
                if (bucket < _buckets.Length)
                    _buckets[bucket]++;
            }
        }

        public void Write(StringBuilder text, string name, string tags)
        {
            lock (_lock)
            {
                if (bounds is null)
                {
                    Line(text, name, tags, _sum);
                    return;
                }

                var comma = tags.Length == 0 ? "" : ",";
                long below = 0;
                for (var i = 0; i < bounds.Length; i++)
                {
                    below += _buckets[i];
                    Line(text, name + "_bucket", string.Create(CultureInfo.InvariantCulture, $"{tags}{comma}le=\"{bounds[i]}\""), below);
                }

                Line(text, name + "_bucket", $"{tags}{comma}le=\"+Inf\"", _count);
                Line(text, name + "_sum", tags, _sum);
                Line(text, name + "_count", tags, _count);
            }
        }

        private static void Line(StringBuilder text, string name, string tags, double value)
        {
            text.Append(name);
            if (tags.Length > 0)
                text.Append('{').Append(tags).Append('}');
            text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }
}
