namespace ChunkUpload.Core.Advisor;

/// <summary>The figures of the adaptive policy that were found by trying; tools/AdvisorLab tries them.</summary>
public sealed record AdaptiveTuning
{
    public static AdaptiveTuning Default { get; } = new();

    /// <summary>What to assume before a break was seen: so many breaks ...</summary>
    public double PriorBreaks { get; init; } = 0.8;

    /// <summary>... in so many seconds.</summary>
    public double PriorSeconds { get; init; } = 20;

    /// <summary>What to assume before a wrong checksum was seen: so many ...</summary>
    public double PriorCorrupt { get; init; } = 0.1;

    /// <summary>... in so many bytes.</summary>
    public double PriorVerified { get; init; } = 30e6;

    /// <summary>The share of a stream's dead time that the other streams do not hide.</summary>
    public double ExposedDeadTime { get; init; } = 0.45;

    /// <summary>What a break costs several streams, as a multiple of the half chunk that each of them loses on average.</summary>
    public double BreakCost { get; init; } = 1.4;

    /// <summary>What a wrong byte costs several streams, on the same scale on which a break costs each half a chunk.</summary>
    public double CorruptionCost { get; init; } = 8;

    /// <summary>Without progress a request is broken off after so many seconds ...</summary>
    public double StallBase { get; init; } = 2;

    /// <summary>... and so many dead times.</summary>
    public double StallGaps { get; init; } = 3;

    /// <summary>At least so many on a link that breaks every few seconds ...</summary>
    public double StallOften { get; init; } = 3;

    /// <summary>... and on any other.</summary>
    public double StallSeldom { get; init; } = 5;

    /// <summary>When nothing has moved for so many seconds, and as long as a slow link needs to show progress, a second connection is worth its handshake:
    /// where breaks are frequent ...</summary>
    public double ProbeOften { get; init; } = 0.25;

    /// <summary>... and where they are not, so that silence is rarely one.</summary>
    public double ProbeSeldom { get; init; } = 1;

    /// <summary>The first wait on a link that breaks every few seconds, as a share of the usual one: it is the link that breaks, not the service.</summary>
    public double RetryOften { get; init; } = 0.2;

    /// <summary>Chunks of several streams take at least so many dead times, shared among the other streams: else the link runs dry.</summary>
    public double CoverDeadTime { get; init; } = 1.5;

    /// <summary>The most bytes that one stream has under way: Kestrel's default receive window of an HTTP/2 stream, the smallest common one.</summary>
    public double ReceiveWindow { get; init; } = 768 << 10;

    /// <summary>Streams for each receive window of bytes that the path has under way: streams pause between chunks and start slowly.</summary>
    public double WindowCover { get; init; } = 3;

    public double MinSeconds { get; init; } = 0.1;

    public double MaxSeconds { get; init; } = 20;

    public double Growth { get; init; } = 5;

    public long FirstSize { get; init; } = 512 << 10;

    /// <summary>No gain is expected from sizes whose overhead is within this of the best.</summary>
    public double NoGain { get; init; } = 0.005;
}
