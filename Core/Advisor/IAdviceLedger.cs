using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Advisor;

/// <summary>One extent of advice in an upload's history, and what had become of the one before it.</summary>
/// <param name="Number">From 1 on, in this life of the service.</param>
/// <param name="Rate">Bytes per second; the others in seconds; null while unknown.</param>
/// <param name="Succeeded">Requests under the advice before, as the next two.</param>
public sealed record AdviceStep(
    UploadId Upload, int Number, DateTimeOffset At, long ChunkSize, int Concurrency, string LimitedBy,
    double? Rate, double? DeadTime, double? Mtbf, int Succeeded, int Failed, long Bytes);

/// <summary>A step with the number that orders lists.</summary>
public sealed record ListedStep(long Number, AdviceStep Step);

/// <summary>A network with the number that orders lists.</summary>
public sealed record ListedNetwork(long Number, KnownNetwork Network);

/// <summary>Where the advisor's memory is kept. Nothing here is worth making a client wait: a line that is lost is lost.</summary>
public interface IAdviceLedger
{
    /// <summary>Writes steps down; those of uploads that are gone meanwhile are left out.</summary>
    Task AddStepsAsync(IReadOnlyList<AdviceStep> steps, CancellationToken cancellationToken);

    /// <summary>The steps of an upload, oldest first.</summary>
    Task<IReadOnlyList<ListedStep>> StepsAsync(UploadId upload, long after, int limit, CancellationToken cancellationToken);

    Task SaveNetworksAsync(IReadOnlyList<KnownNetwork> networks, CancellationToken cancellationToken);

    /// <summary>Those seen within that time, the newest first.</summary>
    Task<IReadOnlyList<KnownNetwork>> RecentNetworksAsync(TimeSpan within, int limit, CancellationToken cancellationToken);

    /// <summary>The networks of a tenant, the one that was first seen last at the head.</summary>
    Task<IReadOnlyList<ListedNetwork>> NetworksAsync(string tenant, long? before, int limit, CancellationToken cancellationToken);
}
