using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Api.Connections;

/// <summary>Shared parts of the endpoints of connections. Everyone sees and uses only their own.</summary>
internal static class ConnectionRoutes
{
    public const string Tag = "Connections";
    public const string All = "/api/connections";
    public const string One = All + "/{id}";

    public static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchConnection, "You have no connection with this id. GET /api/connections lists them.");

    public static Refusal Given { get; } = Refusal.Of(
        RequestError.NotPermitted, "The operator gives this connection: Connections:Folders names it, and who may use it.");

    public static void MapConnections(this IEndpointRouteBuilder routes)
    {
        AddConnection.Map(routes);
        AuthorizeConnection.Map(routes);
        EndConnectionSignIn.Map(routes);
        PasteSignIn.Map(routes);
        FollowSignIn.Map(routes);
        ListSignInProviders.Map(routes);
        RenewConnection.Map(routes);
        ManageConnections.Map(routes);
        BrowseConnection.Map(routes);
    }

    public static async Task<Connection?> FindAsync(string id, HttpContext context, IConnectionLedger connections) =>
        UploadId.TryParse(id, out var parsed)
            ? await connections.FindAsync(context.Caller().Tenant, context.Caller().Subject, parsed.Value, context.RequestAborted)
            : null;

    public static Refusal Failed(StorageFault fault) => Refusal.Of(RequestError.ConnectionFailed, fault.Sentence);

    /// <summary>
    /// A connection gives lasting access to an external storage, so neither a stolen key nor a stolen session may add one: a user must be
    /// present at the browser, or the caller at the machine.
    /// </summary>
    public static async Task<Refusal?> RefusePresenceAsync(
        HttpContext context, Reauthentication again, string? password, string? code)
    {
        var caller = context.Caller();
        return caller.Credential.Kind switch
        {
            CredentialKind.OperatorKey or CredentialKind.None => null,
            CredentialKind.Session when caller.User is { } user =>
                await again.RefusalAsync(user, caller.Credential, password, code, context.RequestAborted),
            CredentialKind.Session => null,
            _ => Refusal.Of(
                RequestError.NotPermitted,
                "Connections are added, and signed in again, in a browser that is signed in, or by the operator."),
        };
    }
}
