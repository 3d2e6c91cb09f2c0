namespace ChunkUpload.Core.Access;

/// <summary>
/// Where a request came from and what the client reports about its network. All of it is optional and soon replaced by measurements, so a
/// client with wrong values only slows itself down.
/// </summary>
/// <param name="Network">The client's address without its last part.</param>
public sealed record ClientNetwork(string Network)
{
    /// <summary>The round trip in seconds; 0 when unknown.</summary>
    public double RoundTrip { get; init; }

    /// <summary>Bytes per second; 0 when unknown.</summary>
    public double Rate { get; init; }

    /// <summary>Gets a value that indicates whether bytes cost the client money or battery; null when unknown.</summary>
    public bool? Sparing { get; init; }

    /// <summary>
    /// How long the client took to send the body of its last request, in seconds. Behind a buffering proxy only the client can measure
    /// that.
    /// </summary>
    public double SendSeconds { get; init; }
}

/// <summary>Identifies a network: the tenant, the subject, and the client's address range.</summary>
public readonly record struct NetworkKey(string Tenant, string Subject, string Network);
