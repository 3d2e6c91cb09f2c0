using System.Runtime.InteropServices;

namespace ChunkUpload.Core.Advisor;

/// <summary>The limit that bounded a size.</summary>
public enum SizeLimit
{
    /// <summary>Nothing was measured yet.</summary>
    ColdStart = 1,

    /// <summary>At most five times the largest size that succeeded.</summary>
    Growth,

    /// <summary>The balance between what a request costs and what a break costs.</summary>
    FailureRate,

    /// <summary>The same balance, for chunks whose checksum was wrong.</summary>
    Corruption,

    MinDuration,
    MaxDuration,
    MinSize,
    MaxSize,
    Remaining,

    /// <summary>The policy has no such limit.</summary>
    Policy,
}

public enum Confidence
{
    Low = 1,
    Medium,
    High,
}

/// <summary>Advice as figures.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AdviceFigures
{
    public required long Size { get; init; }

    /// <summary>The smallest and the largest size that are expected to do as well.</summary>
    public required long Low { get; init; }

    public required long High { get; init; }

    public required int Concurrency { get; init; }

    /// <summary>After a failure, wait a random time between this and the next, in seconds.</summary>
    public required double RetryFrom { get; init; }

    public required double RetryTo { get; init; }

    /// <summary>Seconds without progress after which the client ends a request.</summary>
    public required double Stall { get; init; }

    /// <summary>
    /// Seconds without progress on any stream after which the client tries a second connection; never more than the stall time.
    /// </summary>
    public required double Probe { get; init; }

    public required SizeLimit LimitedBy { get; init; }

    public required Confidence Confidence { get; init; }

    /// <summary>Bytes per second; 0 while nothing was measured.</summary>
    public double Rate { get; init; }

    /// <summary>Seconds that each request costs besides its bytes.</summary>
    public double DeadTime { get; init; }

    /// <summary>Seconds of receiving between two breaks.</summary>
    public double Mtbf { get; init; }

    /// <summary>Seconds that a chunk should take at the whole network's rate.</summary>
    public double Target { get; init; }

    /// <summary>The share of time that dead time and repetition are expected to cost.</summary>
    public double Overhead { get; init; }
}
