using System.Runtime.InteropServices;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// What is known of a link: sums that fade, 112 bytes. Plain figures, so that an upload's can be copied to its network's entry and back.
/// Rates are bytes over the seconds in which at least one body was open; what happened longer ago counts less.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public record struct LinkFigures
{
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

    /// <summary>Bytes of the last chunk that succeeded; 0 while none has.</summary>
    public long LastOk { get; set; }

    /// <summary>The share of requests that failed, of late.</summary>
    public float FailureShare { get; set; }

    /// <summary>Seconds in which at least one body was open.</summary>
    public float TransferSeconds { get; set; }

    /// <summary>Chunks that succeeded.</summary>
    public int Commits { get; set; }

    /// <summary>Bytes per second; 0 while nothing was measured. The lower of two averages: quick to fall, slow to rise.</summary>
    public readonly double Rate => FastSeconds > 0 && SlowSeconds > 0 ? Math.Min(FastBytes / FastSeconds, SlowBytes / SlowSeconds) : 0;

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
}
