namespace ChunkUpload.AdvisorLab.Traces;

/// <summary>A link's rate over time, repeated endlessly.</summary>
internal sealed class Trace
{
    /// <summary>Below 1 kbit/s the link counts as down.</summary>
    public const double DeadRate = 125;

    private readonly double[] _ends;
    private readonly double[] _rates;
    private readonly double[] _bytes;

    /// <param name="steps">Durations in seconds, and the rate in bytes per second during each.</param>
    public Trace(
        string name, string family, double roundTrip, bool cellular, bool uplink, IReadOnlyList<(double Seconds, double Rate)> steps)
    {
        (Name, Family, RoundTrip, IsCellular, IsUplink) = (name, family, roundTrip, cellular, uplink);
        _ends = new double[steps.Count];
        _rates = new double[steps.Count];
        _bytes = new double[steps.Count];
        double end = 0, bytes = 0;
        for (var index = 0; index < steps.Count; index++)
        {
            var rate = steps[index].Rate < DeadRate ? 0 : steps[index].Rate;
            _ends[index] = end += steps[index].Seconds;
            _bytes[index] = bytes += steps[index].Seconds * rate;
            _rates[index] = rate;
        }
    }

    public string Name { get; }

    public string Family { get; }

    /// <summary>The typical round trip in seconds.</summary>
    public double RoundTrip { get; }

    public bool IsCellular { get; }

    public bool IsUplink { get; }

    public int Count => _rates.Length;

    public double Seconds => _ends[^1];

    /// <summary>Bytes per second.</summary>
    public double MeanRate => _bytes[^1] / _ends[^1];

    public double RateOf(int step) => _rates[step];

    public double EndOf(int step) => _ends[step];

    public int StepAt(double second)
    {
        var index = Array.BinarySearch(_ends, second);
        index = index < 0 ? ~index : index + 1;
        return index == _ends.Length ? 0 : index;
    }

    /// <summary>How long this number of bytes takes when the link is always full.</summary>
    public double FluidTime(double offset, double bytes)
    {
        var loops = Math.Floor(bytes / _bytes[^1]);
        var left = bytes - (loops * _bytes[^1]);
        var time = loops * Seconds;
        var step = StepAt(offset);
        var at = offset;
        while (true)
        {
            var room = (_ends[step] - at) * _rates[step];
            if (room >= left && _rates[step] > 0)
                return time + (left / _rates[step]);
            if (left <= 0)
                return time;
            left -= room;
            time += _ends[step] - at;
            step = step + 1 == _rates.Length ? 0 : step + 1;
            at = step == 0 ? 0 : _ends[step - 1];
        }
    }
}
