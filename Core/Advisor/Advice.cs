namespace ChunkUpload.Core.Advisor;

/// <summary>What a client is told to do next.</summary>
/// <param name="ChunkSize">Bytes.</param>
/// <param name="Range">Sizes that would do as well.</param>
/// <param name="Concurrency">Chunks at a time.</param>
/// <param name="RetryDelayMs">After a failure wait a random time between these.</param>
/// <param name="StallTimeoutMs">Without progress for this long, break the request off and go on.</param>
/// <param name="ProbeAfterMs">When nothing has moved for this long, ask over a second connection whether bytes still come.</param>
/// <param name="Confidence">low, medium or high.</param>
/// <param name="ValidForMs">Ask again after this.</param>
/// <param name="SilentMs">How long ago the last byte of the requests came that are under way; null when there are none.</param>
public sealed record Advice(
    long ChunkSize, IReadOnlyList<long> Range, int Concurrency, IReadOnlyList<int> RetryDelayMs,
    int StallTimeoutMs, int ProbeAfterMs, string Confidence, int ValidForMs, int? SilentMs, AdviceReason Why);

/// <param name="LimitedBy">What kept the size where it is.</param>
/// <param name="Text">One sentence for a person.</param>
public sealed record AdviceReason(
    double? ThroughputBps, double? DeadTimeMs, double? MtbfSeconds, IReadOnlyList<double>? Mtbf90,
    double? TargetSeconds, string LimitedBy, double? ExpectedOverheadPct, string Text);
