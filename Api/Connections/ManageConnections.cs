using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>GET, PATCH and DELETE of connections, and a test.</summary>
internal static class ManageConnections
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(ConnectionRoutes.All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ListDoc);
        routes.MapGet(ConnectionRoutes.One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapPatch(ConnectionRoutes.One, ChangeAsync).RequireAuthorization(AccessPolicy.Transfers).Document(ChangeDoc);
        routes.MapDelete(ConnectionRoutes.One, RemoveAsync).RequireAuthorization(AccessPolicy.Transfers).Document(RemoveDoc);
        routes.MapPost(ConnectionRoutes.One + "/test", TestAsync).RequireAuthorization(AccessPolicy.Transfers).Document(TestDoc);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IConnectionLedger connections)
    {
        var found = await connections.ListAsync(context.Caller().Tenant, context.Caller().Subject, context.RequestAborted);
        return JsonAnswer.Of(new ListOf<ConnectionView>([.. found.Select(ConnectionView.Of)], null), ApiJson.Out.ListOfConnectionView);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, IConnectionLedger connections) =>
        await ConnectionRoutes.FindAsync(id, context, connections) is { } connection
            ? JsonAnswer.Of(ConnectionView.Of(connection), ApiJson.Out.ConnectionView)
            : ConnectionRoutes.Absent;

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, IValidator<ConnectionChangeBody> validator, IConnectionLedger connections)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.ConnectionChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await ConnectionRoutes.FindAsync(id, context, connections) is not { } connection)
            return ConnectionRoutes.Absent;
        if (connection.IsGiven)
            return ConnectionRoutes.Given;
        _ = await connections.RenameAsync(connection.Tenant, connection.Subject, connection.Id, body.Title!, context.RequestAborted);
        return await GetAsync(id, context, connections);
    }

    private static async Task<IResult> RemoveAsync(
        string id, HttpContext context, IConnectionLedger connections, ConnectorSet connectors, WorkQueue queue)
    {
        if (await ConnectionRoutes.FindAsync(id, context, connections) is not { } connection)
            return ConnectionRoutes.Absent;
        if (connection.IsGiven)
            return ConnectionRoutes.Given;
        // Revoke first, because this requires the secret. If the provider does not respond, the connection is removed anyway.
        if (connectors.Of(connection) is { } connector)
            await connector.RevokeAsync(new ConnectorContext(context.Caller(), connection, NoCallLog.Instance), context.RequestAborted);
        if (!await connections.RemoveAsync(connection.Tenant, connection.Subject, connection.Id, context.RequestAborted))
            return ConnectionRoutes.Absent;
        queue.Wake();
        return TypedResults.NoContent();
    }

    private static async Task<IResult> TestAsync(
        string id, HttpContext context, IConnectionLedger connections, ConnectorSet connectors, WorkQueue queue)
    {
        if (await ConnectionRoutes.FindAsync(id, context, connections) is not { } connection)
            return ConnectionRoutes.Absent;
        if (connectors.Of(connection) is not { } connector)
            return Refusal.Of(RequestError.ConnectionFailed, "This service has no connector of this kind any more.");
        var stop = context.RequestAborted;
        var account = await connector.AccountAsync(new ConnectorContext(context.Caller(), connection, NoCallLog.Instance), stop);
        if (account.Ok)
        {
            await connections.CheckedAsync(connection.Id, account.Value, stop);
            await connections.SetStateAsync(connection.Id, ConnectionState.Ready, null, stop);
            queue.Wake();
            return await GetAsync(id, context, connections);
        }

        ConnectionState? state = account.Fault.Kind switch
        {
            FaultKind.SignIn => ConnectionState.NeedsSignIn,
            FaultKind.Approval => ConnectionState.NeedsApproval,
            FaultKind.AppSecret => ConnectionState.AppSecretEnded,
            _ => null,
        };
        if (state is { } now)
            await connections.SetStateAsync(connection.Id, now, account.Fault.Sentence, stop);
        return ConnectionRoutes.Failed(account.Fault);
    }

    private static EndpointDoc ListDoc => new(
        ConnectionRoutes.Tag, "ListConnections", "List your connections",
        "What the operator gives, then the oldest first; without their secrets.")
    {
        Answers = [new(200, "All of them.", typeof(ListOf<ConnectionView>), Examples.Page(ConnectionView.Example))],
    };

    private static EndpointDoc GetDoc => new(ConnectionRoutes.Tag, "GetConnection", "Describe a connection", "Without its secret.")
    {
        Answers = [new(200, "The connection.", typeof(ConnectionView), ConnectionView.Example)],
        Errors = [RequestError.NoSuchConnection],
    };

    private static EndpointDoc ChangeDoc => new(ConnectionRoutes.Tag, "RenameConnection", "Rename a connection", "The name is for people.")
    {
        Json = new(typeof(ConnectionChangeBody), """{"title":"Photos of the office"}"""),
        Answers = [new(200, "The connection as it is now.", typeof(ConnectionView), ConnectionView.Example)],
        Errors = [RequestError.NoSuchConnection],
    };

    private static EndpointDoc RemoveDoc => new(
        ConnectionRoutes.Tag, "RemoveConnection", "Remove a connection",
        "Withdraws the sign-in at the provider as well as it can be, and cancels the transfers that use it. What was moved stays.")
    {
        Answers = [new(204, "Removed.")],
        Errors = [RequestError.NoSuchConnection],
    };

    private static EndpointDoc TestDoc => new(
        ConnectionRoutes.Tag, "TestConnection", "Test a connection",
        "Asks the storage whose account it is and how full. If it answers, the connection is ready, and what waited for it goes on.")
    {
        Answers = [new(200, "It works.", typeof(ConnectionView), ConnectionView.Example)],
        Errors = [RequestError.NoSuchConnection, RequestError.ConnectionFailed],
    };
}
