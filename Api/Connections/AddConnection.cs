using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>POST /api/connections: adds a connection, which is tested before it is stored.</summary>
internal static class AddConnection
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(ConnectionRoutes.All, HandleAsync).RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewConnectionBody> validator, ConnectionSecrets secrets, ConnectorSet connectors,
        Reauthentication again, ConnectionOptions options)
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
        var (made, refused) = await secrets.AddAsync(caller, connector, secret, settings, body.Title, stop);
        if (refused is not null)
            return ConnectionRoutes.Failed(refused);
        if (made is null)
        {
            return Refusal.Of(
                RequestError.TooManyConnections, $"A user has at most {options.MostPerUser} connections; remove one first.");
        }

        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{ConnectionRoutes.All}/{made.Id:n}");
        return JsonAnswer.Of(ConnectionView.Of(made), ApiJson.Out.ConnectionView, StatusCodes.Status201Created);
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
        The storage is asked whose account it is; if it refuses the secret, or does not answer, nothing is kept. A connection belongs to
        the caller, and no one else sees or uses it. It is added in a browser session, where users send their current password and a code
        where there is a second factor, or with the operator key; API keys and tokens add none.
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
