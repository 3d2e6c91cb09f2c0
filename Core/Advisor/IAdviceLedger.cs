using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Advisor;

/// <summary>One piece of advice in an upload's history, and the outcome of the one before it.</summary>
/// <param name="Number">Counts from 1 in each incarnation of the service.</param>
/// <param name="Rate">Bytes per second; null while unknown.</param>
/// <param name="Succeeded">Requests under the advice before; the next two count the same period.</param>
public sealed record AdviceStep(
    UploadId Upload, int Number, DateTimeOffset At, long ChunkSize, int Concurrency, string LimitedBy,
    double? Rate, double? DeadTime, double? Mtbf, int Succeeded, int Failed, long Bytes);

/// <summary>A step with its position in a list.</summary>
public sealed record ListedStep(long Number, AdviceStep Step);

/// <summary>A network with its position in a list.</summary>
public sealed record ListedNetwork(long Number, KnownNetwork Network);

/// <summary>Stores the advisor's memory. No client waits for it, and lost lines are not repeated.</summary>
public interface IAdviceLedger
{
    /// <summary>Writes steps; those of uploads that no longer exist are left out.</summary>
    Task AddStepsAsync(IReadOnlyList<AdviceStep> steps, CancellationToken cancellationToken);

    /// <summary>The steps of an upload, oldest first.</summary>
    Task<IReadOnlyList<ListedStep>> StepsAsync(UploadId upload, long after, int limit, CancellationToken cancellationToken);

    Task SaveNetworksAsync(IReadOnlyList<KnownNetwork> networks, CancellationToken cancellationToken);

    /// <summary>The networks seen within this time, newest first.</summary>
    Task<IReadOnlyList<KnownNetwork>> RecentNetworksAsync(TimeSpan within, int limit, CancellationToken cancellationToken);

    /// <summary>The networks from which these subjects have uploaded last.</summary>
    Task<IReadOnlyList<KnownNetwork>> LastNetworksAsync(
        IReadOnlyCollection<ActiveSubject> subjects, CancellationToken cancellationToken);

    /// <summary>The networks of a tenant, the newest first.</summary>
    Task<IReadOnlyList<ListedNetwork>> NetworksAsync(string tenant, long? before, int limit, CancellationToken cancellationToken);
}
