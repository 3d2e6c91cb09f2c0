using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Core.Access;

/// <summary>Who asks. Every row that a request makes carries the tenant and the subject; every look-up is bound to the tenant.</summary>
public sealed record Caller(string Tenant, string Subject)
{
    /// <summary>Whence the request came, and what the client says of the way; null when nobody knows.</summary>
    public ClientLink? Link { get; init; }

    /// <summary>The one tenant of a service without accounts.</summary>
    public const string DefaultTenant = "default";

    /// <summary>Whoever holds the operator key.</summary>
    public static Caller Operator { get; } = new(DefaultTenant, "operator");

    /// <summary>Whoever comes while the service is open.</summary>
    public static Caller Anonymous { get; } = new(DefaultTenant, "anonymous");
}
