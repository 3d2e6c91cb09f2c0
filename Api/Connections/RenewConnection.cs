using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>PUT /api/connections/{id}/secret: signs a connection in again.</summary>
internal static class RenewConnection
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPut(ConnectionRoutes.One + "/secret", HandleAsync)
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IValidator<ConnectionSecretBody> validator, IConnectionLedger connections,
        ConnectorSet connectors, Reauthentication again, WorkQueue queue)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.ConnectionSecretBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await ConnectionRoutes.FindAsync(id, context, connections) is not { } connection)
            return ConnectionRoutes.Absent;
        if (await ConnectionRoutes.RefusePresenceAsync(context, again, body.CurrentPassword, body.Code) is { } refusal)
            return refusal;
        if (connection.IsGiven)
            return ConnectionRoutes.Given;
        var secret = SecretRules.Of(body);
        if (connectors.Of(connection)?.Fault(secret) is { } fault)
            return Refusal.Of(RequestError.InvalidField, fault);
        if (!await connections.RenewAsync(connection.Tenant, connection.Subject, connection.Id, secret, context.RequestAborted))
            return ConnectionRoutes.Absent;
        queue.Wake();
        return await ConnectionRoutes.FindAsync(id, context, connections) is { } now
            ? JsonAnswer.Of(ConnectionView.Of(now), ApiJson.Out.ConnectionView)
            : ConnectionRoutes.Absent;
    }

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(RenewConnection), "Sign a connection in again",
        "Replaces its secret. Transfers that wait for the sign-in go on.")
    {
        Json = new(typeof(ConnectionSecretBody), """{"refreshToken":"1//0e-secret"}"""),
        Answers = [new(200, "The connection as it is now.", typeof(ConnectionView), ConnectionView.Example)],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.NoSuchConnection, RequestError.SessionEnded],
    };
}
