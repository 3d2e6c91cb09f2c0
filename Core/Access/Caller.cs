using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Core.Access;

/// <summary>Who asks. Each row that a request writes carries the tenant and the subject; each query is bound to the tenant.</summary>
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

    /// <summary>Every caller of a service that runs with <c>Access:Mode=Open</c>.</summary>
    public static Caller Anonymous { get; } = new(DefaultTenant, "anonymous") { Scopes = Scopes.All };

    public Scopes Scopes { get; init; }

    public Credential Credential { get; init; }

    /// <summary>Where the request came from and what the client says about its link; null where neither is known.</summary>
    public ClientLink? Link { get; init; }
}
