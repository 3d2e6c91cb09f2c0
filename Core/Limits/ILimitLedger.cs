namespace ChunkUpload.Core.Limits;

/// <summary>Stores limits and their usage. Each change of limits raises the version of the access rights.</summary>
public interface ILimitLedger
{
    Task<IReadOnlyDictionary<LimitTarget, LimitValues>> AllAsync(CancellationToken cancellationToken);

    Task SetAsync(LimitTarget target, LimitValues values, CancellationToken cancellationToken);

    /// <returns>False if the target had no limits.</returns>
    Task<bool> RemoveAsync(LimitTarget target, CancellationToken cancellationToken);

    /// <param name="subject">The subject; empty for the whole tenant.</param>
    Task<LimitUsage> UsageAsync(string tenant, string subject, CancellationToken cancellationToken);

    /// <summary>Adds the recorded changes of usage to the sums.</summary>
    Task FoldAsync(CancellationToken cancellationToken);
}
