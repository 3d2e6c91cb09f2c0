using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authorization;

namespace ChunkUpload.Api.Access;

/// <summary>The policies that endpoints require: one for each scope, and one for any caller.</summary>
internal static class AccessPolicy
{
    public const string Upload = nameof(Scopes.Upload);
    public const string Read = nameof(Scopes.Read);
    public const string Delete = nameof(Scopes.Delete);
    public const string List = nameof(Scopes.List);
    public const string Jobs = nameof(Scopes.Jobs);

    /// <summary>For changes that also move an entry to the trash of another space. Requires both scopes.</summary>
    public const string Move = "Move";

    /// <summary>For describing an entry. Either scope is sufficient, because list already finds the entry and read downloads it.</summary>
    public const string Look = "Look";

    /// <summary>For the admins of a tenant.</summary>
    public const string Admin = nameof(Scopes.Admin);

    /// <summary>For connections to other storages, and transfers between them and the service.</summary>
    public const string Transfers = nameof(Scopes.Transfers);

    /// <summary>For projects and devices.</summary>
    public const string Projects = nameof(Scopes.Projects);

    /// <summary>For serving a folder of a device in a project. Requires both scopes.</summary>
    public const string Serve = "Serve";

    /// <summary>For operations of callers on their own account. Any authenticated caller is permitted.</summary>
    public const string Self = "Self";

    /// <summary>For reading the metrics and networks of the whole service.</summary>
    public const string Operate = nameof(Scopes.Operate);

    /// <summary>For the jobs dashboard, which can also run jobs. Requires both scopes.</summary>
    public const string Dashboard = "Dashboard";

    /// <summary>For changes by operators only, such as to tenants. Requires both scopes.</summary>
    public const string Operator = "Operator";

    /// <summary>For endpoints below /l/{token}.</summary>
    public const string Link = "Link";

    /// <summary>For creating links. Callers who may upload or download files are permitted.</summary>
    public const string Share = "Share";

    public static IReadOnlyDictionary<string, Scopes> All { get; } = new Dictionary<string, Scopes>(StringComparer.Ordinal)
    {
        [Upload] = Scopes.Upload,
        [Read] = Scopes.Read,
        [Delete] = Scopes.Delete,
        [List] = Scopes.List,
        [Jobs] = Scopes.Jobs,
        [Move] = Scopes.Upload | Scopes.Delete,
        [Admin] = Scopes.Admin,
        [Transfers] = Scopes.Transfers,
        [Projects] = Scopes.Projects,
        [Serve] = Scopes.Projects | Scopes.Upload,
        [Self] = Scopes.None,
        [Operate] = Scopes.Operate,
        [Dashboard] = Scopes.Operate | Scopes.Jobs,
        [Operator] = Scopes.Operate | Scopes.Admin,
    };

    /// <summary>
    /// Also requires a caller for requests without an endpoint, so that unauthenticated clients cannot tell which addresses exist.
    /// </summary>
    public static void Register(AuthorizationOptions options)
    {
        foreach (var (name, scope) in All)
            options.AddPolicy(name, policy => policy.AddRequirements(new ScopeRequirement(scope)));
        options.AddPolicy(Link, policy => policy.RequireAssertion(static context =>
            context.User.Identity is CallerIdentity { Caller.Grant: not null }));
        AddAny(Look, Scopes.Read | Scopes.List);
        AddAny(Share, Scopes.Upload | Scopes.Read);
        options.FallbackPolicy = new AuthorizationPolicy([new NoEndpointRequirement()], []);

        void AddAny(string name, Scopes any) => options.AddPolicy(name, policy => policy.RequireAssertion(context =>
            context.User.Identity is CallerIdentity { Caller: { Grant: null, Scopes: var scopes } } && (scopes & any) != 0));
    }
}
