namespace ChunkUpload.Core.Advisor;

/// <summary>The adaptive policy's constants, found by experiments with tools/AdvisorLab.</summary>
public sealed record AdaptiveTuning
{
    public static AdaptiveTuning Default { get; } = new();

    /// <summary>The prior for breaks: this number ...</summary>
    public double PriorBreaks { get; init; } = 0.8;

    /// <summary>... in this number of seconds.</summary>
    public double PriorSeconds { get; init; } = 20;

    /// <summary>The prior for wrong checksums: this number ...</summary>
    public double PriorCorrupt { get; init; } = 0.1;

    /// <summary>... in this number of bytes.</summary>
    public double PriorVerified { get; init; } = 30e6;

    /// <summary>The share of a stream's dead time that the other streams do not hide.</summary>
    public double ExposedDeadTime { get; init; } = 0.45;

    /// <summary>The cost of a break for several streams, as a multiple of the half chunk that each of them loses on average.</summary>
    public double BreakCost { get; init; } = 1.4;

    /// <summary>The cost of a wrong byte for several streams, on the scale on which a break costs each stream half a chunk.</summary>
    public double CorruptionCost { get; init; } = 8;

    /// <summary>A request without progress is ended after this number of seconds ...</summary>
    public double StallBase { get; init; } = 2;

    /// <summary>... and this number of dead times.</summary>
    public double StallGaps { get; init; } = 3;

    /// <summary>The minimum on a network that breaks every few seconds ...</summary>
    public double StallOften { get; init; } = 3;

    /// <summary>... and on any other network.</summary>
    public double StallSeldom { get; init; } = 5;

    /// <summary>
    /// After this number of seconds without progress, and as long as a slow network needs to show progress, a probe over a second
    /// connection is worth its handshake: where breaks are frequent ...
    /// </summary>
    public double ProbeOften { get; init; } = 0.25;

    /// <summary>... and where they are rare, so that silence is rarely a break.</summary>
    public double ProbeSeldom { get; init; } = 1;

    /// <summary>
    /// The first wait on a network that breaks every few seconds, as a share of the usual wait: the network failed there, not the service.
    /// </summary>
    public double RetryOften { get; init; } = 0.2;

    /// <summary>
    /// Chunks of several streams take at least this number of dead times, shared among the other streams; otherwise the network is idle at
    /// times.
    /// </summary>
    public double CoverDeadTime { get; init; } = 1.5;

    /// <summary>
    /// The most bytes in flight on one stream: Kestrel's default receive window of an HTTP/2 stream, the smallest common one.
    /// </summary>
    public double ReceiveWindow { get; init; } = 768 << 10;

    /// <summary>
    /// The number of streams for each receive window that the path holds, because streams pause between chunks and start slowly.
    /// </summary>
    public double WindowCover { get; init; } = 3;

    public double MinSeconds { get; init; } = 0.1;

    public double MaxSeconds { get; init; } = 20;

    public double Growth { get; init; } = 5;

    public long FirstSize { get; init; } = 512 << 10;

    /// <summary>Sizes whose expected overhead is within this of the best count as equally good.</summary>
    public double NoGain { get; init; } = 0.005;
}
