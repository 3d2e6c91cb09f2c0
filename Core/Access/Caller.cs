using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Core.Access;

/// <summary>
/// The sender of a request. Each row that a request writes carries the tenant and the subject; each query is limited to the tenant.
/// </summary>
public sealed record Caller(string Tenant, string Subject)
{
    /// <summary>The one tenant of a service without accounts.</summary>
    public const string DefaultTenant = "default";

    /// <summary>The holder of the operator key.</summary>
    public static Caller Operator { get; } = new(DefaultTenant, "operator")
    {
        Scopes = Scopes.All,
        Credential = new Credential(CredentialKind.OperatorKey),
    };

    /// <summary>Every caller while <c>Access:Mode=Open</c>.</summary>
    public static Caller Anonymous { get; } = new(DefaultTenant, "anonymous") { Scopes = Scopes.All };

    public Scopes Scopes { get; init; }

    public Credential Credential { get; init; }

    /// <summary>Where the request came from and what the client reports about its link; null when neither is known.</summary>
    public ClientLink? Link { get; init; }
}
