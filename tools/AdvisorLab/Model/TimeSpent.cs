namespace ChunkUpload.AdvisorLab.Model;

/// <summary>How the link's time was used. Time without full use is divided among the streams by what each of them did instead.</summary>
internal enum Spent
{
    /// <summary>Bytes that the service kept, and heads.</summary>
    Sending,

    /// <summary>Bytes that had to be sent again.</summary>
    SentTwice,

    /// <summary>The connection was dropped silently.</summary>
    Unnoticed,

    /// <summary>The link was down.</summary>
    Blackout,

    /// <summary>Waiting for the retry.</summary>
    Waiting,

    Connecting,
    Asking,

    /// <summary>Slow start, and windows.</summary>
    SlowStart,
    Answering,

    /// <summary>Streams without work near the end.</summary>
    Tail,
}

/// <summary>Adds up the seconds of runs by their use.</summary>
internal sealed class TimeSpent
{
    public static IReadOnlyList<Spent> Kinds { get; } = Enum.GetValues<Spent>();

    private readonly double[] _seconds = new double[Kinds.Count];

    private double _settled;

    public double this[Spent kind] => _seconds[(int)kind];

    public double Total => _seconds.Sum();

    public void Add(Spent kind, double seconds) => _seconds[(int)kind] += seconds;

    /// <summary>A run has ended.</summary>
    /// <param name="wasted">The share of the bytes that was sent again.</param>
    public void Settle(double wasted)
    {
        var twice = (_seconds[(int)Spent.Sending] - _settled) * Math.Min(1, wasted);
        _seconds[(int)Spent.Sending] -= twice;
        _seconds[(int)Spent.SentTwice] += twice;
        _settled = _seconds[(int)Spent.Sending];
    }
}
