using ChunkUpload.Core.Limits;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>Limits in memory.</summary>
internal sealed class FakeLimitLedger : ILimitLedger
{
    public Dictionary<LimitTarget, LimitValues> Rows { get; } = [];

    public Task<IReadOnlyDictionary<LimitTarget, LimitValues>> AllAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<LimitTarget, LimitValues>>(new Dictionary<LimitTarget, LimitValues>(Rows));

    public Task SetAsync(LimitTarget target, LimitValues values, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> RemoveAsync(LimitTarget target, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<LimitUsage> UsageAsync(string tenant, string subject, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task FoldAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
