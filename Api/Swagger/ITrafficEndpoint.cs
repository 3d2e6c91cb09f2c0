namespace ChunkUpload.Api.Swagger;

/// <summary>Endpoint metadata: what <c>RateGate</c> counts. Endpoints of the contract have it in their documentation.</summary>
internal interface ITrafficEndpoint
{
    /// <summary>Whether it creates uploads.</summary>
    bool CreatesUpload { get; }

    /// <summary>Whether its requests or answers carry a file's bytes.</summary>
    bool CarriesContent { get; }
}

/// <summary>
/// Endpoint metadata of the HEAD requests that ask where to resume. No rate refuses them; any other HEAD does the work of its GET.
/// </summary>
internal sealed class AsksForOffset
{
    private AsksForOffset()
    {
    }

    public static AsksForOffset Instance { get; } = new();
}

/// <summary>The same for endpoints that are not in the contract.</summary>
internal sealed record UndocumentedTraffic(bool CreatesUpload) : ITrafficEndpoint
{
    public bool CarriesContent => true;
}
