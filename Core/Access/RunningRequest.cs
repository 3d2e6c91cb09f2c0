namespace ChunkUpload.Core.Access;

/// <summary>
/// The request for which statements of the ledger run. They count towards the share of its tenant in the connection pool, and have a time
/// limit. The request flows as an async local value. Background work has none, and work that outlives its request no longer belongs to it.
/// </summary>
public sealed class RunningRequest : IDisposable
{
    private static readonly AsyncLocal<RunningRequest?> Flowing = new();

    private volatile bool _hasEnded;

    private RunningRequest(string tenant) => Tenant = tenant;

    /// <summary>Gets the tenant of the caller; empty for requests without a caller, which share one share.</summary>
    public string Tenant { get; }

    public static RunningRequest? Current => Flowing.Value is { _hasEnded: false } request ? request : null;

    /// <summary>Begins a request. Disposing the result ends it.</summary>
    public static RunningRequest Begin(string tenant) => Flowing.Value = new RunningRequest(tenant);

    /// <summary>Separates work from the request that has started it.</summary>
    public static void Leave() => Flowing.Value = null;

    public void Dispose() => _hasEnded = true;
}
