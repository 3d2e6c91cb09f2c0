namespace ChunkUpload.Api.Swagger;

/// <summary>Endpoint metadata: the traffic that <c>RateGate</c> counts. Endpoints of the contract have it in their documentation.</summary>
internal interface ITrafficEndpoint
{
    /// <summary>Whether it creates uploads.</summary>
    bool CreatesUpload { get; }

    /// <summary>Whether its requests or responses contain a file's bytes.</summary>
    bool CarriesContent { get; }
}

/// <summary>
/// Endpoint metadata of HEAD requests for the offset of an upload. They are not rate limited; any other HEAD does the work of its GET.
/// </summary>
internal sealed class AsksForOffset
{
    private AsksForOffset()
    {
    }

    public static AsksForOffset Instance { get; } = new();
}

/// <summary>The traffic of endpoints that are not in the contract.</summary>
internal sealed record UndocumentedTraffic(bool CreatesUpload) : ITrafficEndpoint
{
    public bool CarriesContent => true;
}
