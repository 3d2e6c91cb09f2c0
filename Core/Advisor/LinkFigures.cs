using System.Runtime.InteropServices;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// What is known of a link: sums that fade, 112 bytes. Plain figures, so that an upload's can be copied to its network's entry and back.
/// Rates are bytes over the seconds in which at least one body was open; what happened longer ago counts less.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public record struct LinkFigures
{
    // Half-lives in seconds of transfer: how quickly old samples fade.
    private const double FastHalfLife = 4;
    private const double SlowHalfLife = 12;
    private const double BreaksHalfLife = 300;

    private const double GapWeight = 0.3;
    private const float FailureWeight = 0.2f;

    // No network breaks more often than that: whoever breaks requests off that carry nothing shows nothing of it.
    private const double ShortestMtbf = 2;

    // What an upload believes of others' breaks: at worst it begins as if there was one every seven seconds.
    private const double MostBreaks = 2;
    private const double MostExposure = 60;

    public double FastBytes { get; set; }

    public double FastSeconds { get; set; }

    public double SlowBytes { get; set; }

    public double SlowSeconds { get; set; }

    /// <summary>Sum of rate² × seconds, for the rate's spread.</summary>
    public double SlowSquares { get; set; }

    /// <summary>Seconds from a body's last byte to the next one's first on the same stream; 0 while none was seen.</summary>
    public double Gap { get; set; }

    /// <summary>Breaks, each weighted by the share of its bytes that was lost.</summary>
    public double Breaks { get; set; }

    /// <summary>Breaks, each counted as one.</summary>
    public double Drops { get; set; }

    /// <summary>Seconds of transfer in which they happened.</summary>
    public double Exposure { get; set; }

    /// <summary>Chunks whose checksum was wrong.</summary>
    public double Corrupt { get; set; }

    /// <summary>Bytes that were compared with a checksum.</summary>
    public double Verified { get; set; }

    /// <summary>Bytes of the largest chunk that succeeded; 0 while none has. A small one says nothing against larger ones.</summary>
    public long LargestOk { get; set; }

    /// <summary>The share of requests that failed, of late.</summary>
    public float FailureShare { get; set; }

    /// <summary>Seconds in which at least one body was open.</summary>
    public float TransferSeconds { get; set; }

    /// <summary>Chunks that succeeded.</summary>
    public int Commits { get; set; }

    /// <summary>Bytes per second; 0 while nothing was measured. The lower of two averages: quick to fall, slow to rise.</summary>
    public readonly double Rate => FastSeconds > 0 && SlowSeconds > 0 ? Math.Min(FastBytes / FastSeconds, SlowBytes / SlowSeconds) : 0;

    /// <summary>Seconds of transfer between two breaks, as far as is known.</summary>
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

    /// <summary>So many bytes came in so many seconds; what was seen before fades by as much.</summary>
    /// <param name="squares">rate² × seconds, added up.</param>
    internal void Add(double seconds, double bytes, double squares)
    {
        // A connection begins slowly: what came first must not hide what the link can do.
        var young = Math.Max(LinkState.TickSeconds, TransferSeconds / 2);
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
        TransferSeconds += (float)seconds;
    }

    internal void AddGap(double seconds) => Gap = Gap > 0 ? Gap + (GapWeight * (seconds - Gap)) : seconds;

    internal void AddEnding(BodyEnding ending) => FailureShare += FailureWeight * ((ending == BodyEnding.Ok ? 0 : 1) - FailureShare);

    /// <summary>What one upload has shown of a network that many share: it weighs as much as was seen of it.</summary>
    internal void Learn(in LinkDelta news)
    {
        if (news.Seconds > 0)
            Add(news.Seconds, news.Bytes, news.Squares);
        if (news.Gap > 0)
            AddGap(news.Gap);
        var most = 1 + (Exposure / ShortestMtbf);
        Breaks = Math.Min(Breaks + news.Breaks, most);
        Drops = Math.Min(Drops + news.Drops, most);
        Corrupt += news.Corrupt;
        Verified += news.Verified;
        LargestOk = Math.Max(LargestOk, news.LargestOk);
        Commits += news.Commits;
    }

    /// <summary>
    /// For an upload that begins: as a guess that what it sees itself soon overrules, whatever others have done to the figures.
    /// </summary>
    internal readonly LinkFigures AsPrior()
    {
        if (!(FastSeconds > 0) || !(SlowSeconds > 0))
            return default;
        var seconds = Math.Min(1, MostExposure / Math.Max(Exposure, 1));
        var breaks = Math.Min(seconds, MostBreaks / Math.Max(Math.Max(Drops, Breaks), MostBreaks));
        var wrong = Math.Min(seconds, MostBreaks / Math.Max(Corrupt, MostBreaks));
        return new LinkFigures
        {
            // It counts as little as a second of measuring.
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
