namespace ChunkUpload.Core.Advisor;

/// <summary>
/// The way by which a request came, and what the client says of it. All of it is optional and none of it is believed for long: what is
/// measured overrules it, and a client that lies slows itself.
/// </summary>
/// <param name="Network">The client's address without its last part.</param>
public sealed record ClientLink(string Network)
{
    /// <summary>Round trip in seconds; 0 when it was not said.</summary>
    public double RoundTrip { get; init; }

    /// <summary>Bytes per second; 0 when it was not said.</summary>
    public double Rate { get; init; }

    /// <summary>Whether bytes cost the client money, or battery; null when it did not say.</summary>
    public bool? Sparing { get; init; }

    /// <summary>
    /// How long the client took to send its last request's body, in seconds: behind a proxy that buffers, only the client sees that.
    /// </summary>
    public double SendSeconds { get; init; }
}

/// <summary>Whose networks are one: the tenant, who asks, and from where.</summary>
public readonly record struct NetworkKey(string Tenant, string Subject, string Network);
