using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>PUT /api/connections/{id}/secret: signs a connection in again.</summary>
internal static class RenewConnection
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPut(ConnectionRoutes.One + "/secret", HandleAsync)
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IValidator<ConnectionSecretBody> validator, IConnectionLedger connections,
        ConnectorSet connectors, ConnectionSecrets secrets, Reauthentication again)
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
        if (connectors.Of(connection) is not { } connector)
            return Refusal.Of(RequestError.ConnectionFailed, "This service has no connector of this kind any more.");
        if (connector.Fault(secret) is { } fault)
            return Refusal.Of(RequestError.InvalidField, fault);
        if (await secrets.RenewAsync(context.Caller(), connection, connector, secret, context.RequestAborted) is { } refused)
        {
            return refused.Fault == ConnectionSignInFault.Removed
                ? ConnectionRoutes.Absent
                : Refusal.Of(RequestError.ConnectionFailed, refused.Sentence ?? SignInFaultTexts.Of(refused.Fault));
        }

        return await ConnectionRoutes.FindAsync(id, context, connections) is { } now
            ? JsonAnswer.Of(ConnectionView.Of(now), ApiJson.Out.ConnectionView)
            : ConnectionRoutes.Absent;
    }

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(RenewConnection), "Sign a connection in again",
        "Replaces its secret, once the storage has accepted it and it is the account of the connection. Transfers that wait for it go on.")
    {
        Json = new(typeof(ConnectionSecretBody), """{"refreshToken":"1//0e-secret"}"""),
        Answers = [new(200, "The connection as it is now.", typeof(ConnectionView), ConnectionView.Example)],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.NoSuchConnection, RequestError.SessionEnded, RequestError.ConnectionFailed],
    };
}
