namespace ChunkUpload.Core.Advisor;

/// <summary>The service's advice for a client's next requests.</summary>
/// <param name="ChunkSize">Bytes.</param>
/// <param name="Range">Sizes that are expected to do as well.</param>
/// <param name="Concurrency">Chunks at a time.</param>
/// <param name="RetryDelayMs">After a failure, wait a random time between these two.</param>
/// <param name="StallTimeoutMs">After this time without progress, end the request and continue with another.</param>
/// <param name="ProbeAfterMs">After this time without progress, ask over a second connection whether bytes still arrive.</param>
/// <param name="Confidence">low, medium or high.</param>
/// <param name="ValidForMs">Ask again after this.</param>
/// <param name="SilentMs">The time since the last byte of the current requests; null when there are none.</param>
public sealed record Advice(
    long ChunkSize, IReadOnlyList<long> Range, int Concurrency, IReadOnlyList<int> RetryDelayMs,
    int StallTimeoutMs, int ProbeAfterMs, string Confidence, int ValidForMs, int? SilentMs, AdviceReason Why);

/// <param name="LimitedBy">The limit that bounded the size.</param>
/// <param name="Text">One sentence for a person.</param>
public sealed record AdviceReason(
    double? ThroughputBps, double? DeadTimeMs, double? MtbfSeconds, IReadOnlyList<double>? Mtbf90,
    double? TargetSeconds, string LimitedBy, double? ExpectedOverheadPct, string Text);
