using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>POST /api/connections: a new connection, which is tried before it is kept.</summary>
internal static class AddConnection
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(ConnectionRoutes.All, HandleAsync).RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewConnectionBody> validator, IConnectionLedger connections, ConnectorSet connectors,
        Reauthentication again, ConnectionOptions options, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewConnectionBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await ConnectionRoutes.RefusePresenceAsync(context, again, body.CurrentPassword, body.Code) is { } refusal)
            return refusal;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var connector = connectors.Find(body.Kind!)!;
        var secret = SecretRules.Of(body);
        var settings = SettingsOf(body);
        if ((connector.Fault(secret) ?? connector.SettingsFault(settings)) is { } fault)
            return Refusal.Of(RequestError.InvalidField, fault);
        var now = time.GetUtcNow();
        var connection = new Connection(
            Guid.NewGuid(), caller.Tenant, caller.Subject, connector.Kind, body.Title ?? connector.Kind, null, ConnectionState.Ready, now,
            now)
        {
            Settings = settings,
        };
        if (!await connections.AddAsync(connection, secret, options.MostPerUser, stop))
        {
            return Refusal.Of(
                RequestError.TooManyConnections, $"A user has at most {options.MostPerUser} connections; remove one first.");
        }

        // The provider is asked with the stored secret, so that a refresh token that it replaces is not lost.
        var account = await connector.AccountAsync(new ConnectorContext(caller, connection, NoCallLog.Instance), stop);
        if (!account.Ok && account.Fault.Kind is not (FaultKind.Transient or FaultKind.Throttled))
        {
            _ = await connections.RemoveAsync(caller.Tenant, caller.Subject, connection.Id, CancellationToken.None);
            return ConnectionRoutes.Failed(account.Fault);
        }

        if (account.Ok)
        {
            await connections.CheckedAsync(connection.Id, account.Value, stop);
            if (body.Title is null && account.Value.Name is { } name)
                _ = await connections.RenameAsync(caller.Tenant, caller.Subject, connection.Id, name, stop);
        }

        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{ConnectionRoutes.All}/{connection.Id:n}");
        return await connections.FindAsync(caller.Tenant, caller.Subject, connection.Id, stop) is { } added
            ? JsonAnswer.Of(ConnectionView.Of(added), ApiJson.Out.ConnectionView, StatusCodes.Status201Created)
            : ConnectionRoutes.Absent;
    }

    private static Dictionary<string, string> SettingsOf(NewConnectionBody body) =>
        new (string Name, string? Value)[]
        {
            ("endpoint", body.Endpoint), ("region", body.Region), ("bucket", body.Bucket), ("prefix", body.Prefix),
            ("pathStyle", body.PathStyle is { } style ? style ? "true" : "false" : null),
        }.Where(one => one.Value is not null).ToDictionary(one => one.Name, one => one.Value!);

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(AddConnection), "Connect a storage",
        """
        The storage is asked whose account it is; if it refuses the secret, nothing is kept. A connection belongs to the caller, and no one
        else sees or uses it. It is added in a browser session, where users send their current password and a code where there is a second
        factor, or with the operator key; API keys and tokens add none.
        """)
    {
        Json = new(typeof(NewConnectionBody), """{"kind":"google-drive","title":"My Drive","refreshToken":"1//0e-secret"}"""),
        Answers =
        [
            new(201, "The connection.", typeof(ConnectionView), ConnectionView.Example)
            { Headers = [new("Location", "The connection.", $"{ConnectionRoutes.All}/{Examples.Id}")] },
        ],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.TooManyConnections, RequestError.ConnectionFailed, RequestError.SessionEnded],
    };
}
