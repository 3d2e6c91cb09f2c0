using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authorization;

namespace ChunkUpload.Api.Access;

/// <summary>The names that endpoints require. Each stands for one scope.</summary>
internal static class AccessPolicy
{
    public const string Upload = nameof(Scopes.Upload);
    public const string Read = nameof(Scopes.Read);
    public const string Delete = nameof(Scopes.Delete);
    public const string List = nameof(Scopes.List);
    public const string Jobs = nameof(Scopes.Jobs);

    /// <summary>For what only the operator of the service should see.</summary>
    public const string Operator = "Operator";

    public static IReadOnlyDictionary<string, Scopes> All { get; } = new Dictionary<string, Scopes>(StringComparer.Ordinal)
    {
        [Upload] = Scopes.Upload,
        [Read] = Scopes.Read,
        [Delete] = Scopes.Delete,
        [List] = Scopes.List,
        [Jobs] = Scopes.Jobs,
        [Operator] = Scopes.Operate,
    };

    /// <summary>Requests without an endpoint need a caller too: an address that does not exist answers strangers like any other.</summary>
    public static void Register(AuthorizationOptions options)
    {
        foreach (var (name, scope) in All)
            options.AddPolicy(name, policy => policy.AddRequirements(new ScopeRequirement(scope)));
        options.FallbackPolicy = new AuthorizationPolicy([new NoEndpointRequirement()], []);
    }
}
