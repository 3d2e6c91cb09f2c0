namespace ChunkUpload.AdvisorLab.Model;

/// <summary>What the link's time went into. What the streams left of it is split among them by what each of them did instead.</summary>
internal enum Spent
{
    /// <summary>Bytes that the service kept, and heads.</summary>
    Sending,

    /// <summary>Bytes that had to be sent again.</summary>
    SentTwice,

    /// <summary>The network had dropped the connection without a word.</summary>
    Unnoticed,

    /// <summary>Nothing gets through.</summary>
    Blackout,

    /// <summary>Until the retry.</summary>
    Waiting,

    Connecting,
    Asking,

    /// <summary>Slow start, and windows.</summary>
    SlowStart,
    Answering,

    /// <summary>Streams without work, when little is left.</summary>
    Tail,
}

/// <summary>Adds up the seconds of a run by what they went into.</summary>
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
