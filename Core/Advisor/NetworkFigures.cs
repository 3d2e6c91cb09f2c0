using System.Runtime.InteropServices;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// The figures of a network: decaying sums, 112 bytes. A plain struct, so that an upload's figures can be copied to the entry of its
/// network and back. Rates are bytes per second in which at least one body was open; older samples count less.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public record struct NetworkFigures
{
    // Half-lives in seconds of receiving: how fast old samples decay.
    private const double FastHalfLife = 4;
    private const double SlowHalfLife = 12;
    private const double BreaksHalfLife = 300;

    private const double GapWeight = 0.3;
    private const float FailureWeight = 0.2f;

    // No network breaks more often than this; a client that ends requests without any byte says nothing about its network.
    private const double ShortestMtbf = 2;

    // The most breaks that an upload takes over from other uploads: at worst it begins as if there were one every seven seconds.
    private const double MostBreaks = 2;
    private const double MostExposure = 60;

    public double FastBytes { get; set; }

    public double FastSeconds { get; set; }

    public double SlowBytes { get; set; }

    public double SlowSeconds { get; set; }

    /// <summary>Sum of rate² × seconds, for the rate's spread.</summary>
    public double SlowSquares { get; set; }

    /// <summary>Seconds from a body's last byte to the next body's first byte on the same stream; 0 while unknown.</summary>
    public double Gap { get; set; }

    /// <summary>Breaks, each weighted by the share of its bytes that was lost.</summary>
    public double Breaks { get; set; }

    /// <summary>Breaks, each counted as one.</summary>
    public double Drops { get; set; }

    /// <summary>The seconds of receiving in which the breaks happened.</summary>
    public double Exposure { get; set; }

    /// <summary>Chunks whose checksum was wrong.</summary>
    public double Corrupt { get; set; }

    /// <summary>Bytes that were compared with a checksum.</summary>
    public double Verified { get; set; }

    /// <summary>
    /// Bytes of the largest chunk that succeeded; 0 while none has. A small value does not mean that larger chunks would fail.
    /// </summary>
    public long LargestOk { get; set; }

    /// <summary>The share of recent requests that failed.</summary>
    public float FailureShare { get; set; }

    /// <summary>Seconds in which at least one body was open.</summary>
    public float ReceivingSeconds { get; set; }

    /// <summary>Chunks that succeeded.</summary>
    public int Commits { get; set; }

    /// <summary>Bytes per second; 0 while unmeasured. The lower of two averages, so that the rate falls fast and rises slowly.</summary>
    public readonly double Rate => FastSeconds > 0 && SlowSeconds > 0 ? Math.Min(FastBytes / FastSeconds, SlowBytes / SlowSeconds) : 0;

    /// <summary>Seconds of receiving between two breaks, as far as known.</summary>
    public readonly double Mtbf => (AdaptiveTuning.Default.PriorSeconds + Exposure) / (AdaptiveTuning.Default.PriorBreaks + Drops);

    /// <summary>The rate's standard deviation, relative to it.</summary>
    public readonly double Spread
    {
        get
        {
            if (SlowSeconds <= 0 || SlowBytes <= 0)
                return 0;
            var mean = SlowBytes / SlowSeconds;
            return Math.Sqrt(Math.Max(0, (SlowSquares / SlowSeconds) - (mean * mean))) / mean;
        }
    }

    /// <summary>Adds bytes that came in a number of seconds; older samples decay accordingly.</summary>
    /// <param name="squares">The sum of rate² × seconds.</param>
    internal void Add(double seconds, double bytes, double squares)
    {
        // A connection starts slowly, and its first samples must not hide what the network can do.
        var young = Math.Max(NetworkState.TickSeconds, ReceivingSeconds / 2);
        var fade = double.Exp2(-seconds / Math.Min(young, FastHalfLife));
        FastBytes = (FastBytes * fade) + bytes;
        FastSeconds = (FastSeconds * fade) + seconds;
        fade = double.Exp2(-seconds / Math.Min(young, SlowHalfLife));
        SlowBytes = (SlowBytes * fade) + bytes;
        SlowSeconds = (SlowSeconds * fade) + seconds;
        SlowSquares = (SlowSquares * fade) + squares;
        fade = double.Exp2(-seconds / BreaksHalfLife);
        Breaks *= fade;
        Drops *= fade;
        Exposure = (Exposure * fade) + seconds;
        Corrupt *= fade;
        Verified *= fade;
        ReceivingSeconds += (float)seconds;
    }

    internal void AddGap(double seconds) => Gap = Gap > 0 ? Gap + (GapWeight * (seconds - Gap)) : seconds;

    internal void AddOutcome(NetworkOutcome outcome) =>
        FailureShare += FailureWeight * ((outcome == NetworkOutcome.Ok ? 0 : 1) - FailureShare);

    /// <summary>Adds what one upload has seen of a shared network, weighted by how much it has seen.</summary>
    internal void Learn(in NetworkDelta delta)
    {
        if (delta.Seconds > 0)
            Add(delta.Seconds, delta.Bytes, delta.Squares);
        if (delta.Gap > 0)
            AddGap(delta.Gap);
        var most = 1 + (Exposure / ShortestMtbf);
        Breaks = Math.Min(Breaks + delta.Breaks, most);
        Drops = Math.Min(Drops + delta.Drops, most);
        Corrupt += delta.Corrupt;
        Verified += delta.Verified;
        LargestOk = Math.Max(LargestOk, delta.LargestOk);
        Commits += delta.Commits;
    }

    /// <summary>
    /// The figures with which a new upload begins: a guess that its own measurements soon overrule, whatever other uploads have reported.
    /// </summary>
    internal readonly NetworkFigures AsPrior()
    {
        if (!(FastSeconds > 0) || !(SlowSeconds > 0))
            return default;
        var seconds = Math.Min(1, MostExposure / Math.Max(Exposure, 1));
        var breaks = Math.Min(seconds, MostBreaks / Math.Max(Math.Max(Drops, Breaks), MostBreaks));
        var wrong = Math.Min(seconds, MostBreaks / Math.Max(Corrupt, MostBreaks));
        return new NetworkFigures
        {
            // The prior rate weighs as much as one second of measuring.
            FastBytes = FastBytes / FastSeconds,
            FastSeconds = 1,
            SlowBytes = SlowBytes / SlowSeconds,
            SlowSquares = SlowSquares / SlowSeconds,
            SlowSeconds = 1,
            Gap = Gap,
            Breaks = Breaks * breaks,
            Drops = Drops * breaks,
            Exposure = Exposure * breaks,
            Corrupt = Corrupt * wrong,
            Verified = Verified * wrong,
            LargestOk = LargestOk,
        };
    }
}
