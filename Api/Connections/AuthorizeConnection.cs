using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>The connection that is created or renewed by a sign-in at the provider.</summary>
internal sealed record AuthorizeConnectionBody
{
    /// <summary>google-drive or onedrive. Not needed with connection.</summary>
    public string? Kind { get; init; }

    /// <summary>The display name of a new connection; the account's name if missing.</summary>
    public string? Title { get; init; }

    /// <summary>The id of the connection that is signed in again; if missing, a new one is created.</summary>
    public string? Connection { get; init; }

    /// <summary>
    /// browser (default): the provider redirects the browser back; pasted: the person pastes the address from the browser; device: the
    /// person enters a code in any browser. GET /api/connections/providers lists which of them a provider supports.
    /// </summary>
    public string? Way { get; init; }

    /// <summary>Required in a user's browser session. A user without a password must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The code of the second factor, if the user has one.</summary>
    public string? Code { get; init; }
}

internal sealed class AuthorizeConnectionValidator : AbstractValidator<AuthorizeConnectionBody>
{
    public AuthorizeConnectionValidator(ConnectionSignIns signIns)
    {
        var kinds = string.Join(", ", signIns.Providers.Select(one => one.Kind));
        RuleFor(body => body.Kind).Must((body, kind) => kind is null ? body.Connection is not null : signIns.Find(kind) is not null)
            .OverridePropertyName("kind").WithMessage($"kind must be one of: {kinds}; or send connection.");
        RuleFor(body => body.Title).MustBeTitle("title", needed: false);
        RuleFor(body => body).Must(body => body.Title is null || body.Connection is null).OverridePropertyName("title")
            .WithMessage("title is for a new connection; PATCH renames one.");
        RuleFor(body => body.Way).Must(way => way is null || SignInWays.All.Contains(way)).OverridePropertyName("way")
            .WithMessage($"way must be one of: {string.Join(", ", SignInWays.All)}.");
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

/// <summary>The names in requests of the ways in which people return from a provider.</summary>
internal static class SignInWays
{
    public const string Browser = "browser";
    public const string Pasted = "pasted";
    public const string Device = "device";

    public static IReadOnlyList<string> All { get; } = [Browser, Pasted, Device];

    /// <summary>Returns the ways that this service can use.</summary>
    public static IReadOnlyList<string> Of(ISignInProvider provider) => !provider.IsConfigured
        ? []
        : [Browser, .. provider.LoopbackAddress is null ? Array.Empty<string>() : [Pasted], .. provider.Device is null
            ? Array.Empty<string>()
            : [Device]];
}

/// <param name="Address">The provider's address that a browser opens.</param>
/// <param name="Scopes">The scopes that the person is asked to allow.</param>
internal sealed record ConnectionSignInView(string Address, IReadOnlyList<string> Scopes)
{
    /// <summary>With way pasted: the beginning of the address that the person pastes.</summary>
    public string? ComesBackTo { get; init; }

    /// <summary>With way device: the id with which GET /api/connections/sign-ins/{id} returns the outcome of the sign-in.</summary>
    public string? Id { get; init; }

    /// <summary>With way device: the code that the person enters at the address.</summary>
    public string? UserCode { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public const string Example = """
        {"address":"https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=1234&state=6f1d",
         "scopes":["https://www.googleapis.com/auth/drive"],"comesBackTo":null,"id":null,"userCode":null,"expiresAt":null}
        """;
}

/// <summary>
/// POST /api/connections/authorize: starts a sign-in at a provider. The page opens the address by script, because for a redirected form the
/// page's content security policy would have to list it.
/// </summary>
internal static class AuthorizeConnection
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost(ConnectionRoutes.All + "/authorize", HandleAsync)
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<AuthorizeConnectionBody> validator, IConnectionLedger connections, ConnectionSignIns signIns,
        DeviceSignIns devices, Reauthentication again, SignInCookie cookie)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.AuthorizeConnectionBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var way = body.Way ?? SignInWays.Browser;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        if (way != SignInWays.Device && caller.Credential.Kind is not (CredentialKind.Session or CredentialKind.None))
        {
            return Refusal.Of(
                RequestError.NotPermitted,
                "A sign-in at a provider begins in a browser that is signed in here. Else POST /api/connections takes a refresh token, and "
                    + "way device begins one with a code.");
        }

        if (await ConnectionRoutes.RefusePresenceAsync(context, again, body.CurrentPassword, body.Code) is { } refusal)
            return refusal;
        Connection? connection = null;
        if (body.Connection is { } id && (connection = await ConnectionRoutes.FindAsync(id, context, connections)) is null)
            return ConnectionRoutes.Absent;
        if (connection is not null && body.Kind is { } kind && kind != connection.Kind)
            return Refusal.Of(RequestError.InvalidField, $"The connection is of the kind {connection.Kind}. Leave kind out.");
        if (signIns.Find(connection?.Kind ?? body.Kind) is not { IsConfigured: true } provider)
        {
            return Refusal.Of(
                RequestError.InvalidField,
                "The operator of this service has not registered it at this provider. docs/connections.md says how.");
        }

        if (!SignInWays.Of(provider).Contains(way))
        {
            return Refusal.Of(
                RequestError.InvalidField, $"{provider.Kind} has no way {way}; it has {string.Join(", ", SignInWays.Of(provider))}.");
        }

        context.Response.Headers.CacheControl = "no-store";
        if (way == SignInWays.Device)
        {
            var code = await devices.BeginAsync(caller, provider, provider.Device!, body.Title, connection, stop);
            return code.Ok ? ViewOf(code.Value, provider) : ConnectionRoutes.Failed(code.Fault);
        }

        var loopback = way == SignInWays.Pasted ? provider.LoopbackAddress : null;
        var begun = await signIns.BeginAsync(
            caller, provider, body.Title, connection, loopback ?? PublicAddress.Of(context.Request, EndConnectionSignIn.Path), stop);
        cookie.Add(context, begun.State, begun.Browser);
        return JsonAnswer.Of(
            new ConnectionSignInView(begun.Address.AbsoluteUri, provider.Scopes) { ComesBackTo = loopback },
            ApiJson.Out.ConnectionSignInView);
    }

    private static JsonAnswer<ConnectionSignInView> ViewOf(DeviceSignIn code, ISignInProvider provider) => JsonAnswer.Of(
        new ConnectionSignInView(code.Page.AbsoluteUri, provider.Scopes)
        {
            Id = code.Id.ToString("n"),
            UserCode = code.UserCode,
            ExpiresAt = code.ExpiresAt,
        },
        ApiJson.Out.ConnectionSignInView);

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(AuthorizeConnection), "Begin a sign-in at a provider",
        """
        For pages: the browser opens the address, the person signs in and allows what scopes says, and the provider sends the browser back
        to /api/connections/callback, which makes the connection, or signs connection in again. It is valid once, for ten minutes, in this
        browser, for this user. Only a browser session begins it, with the user's current password, and a code where there is a second
        factor.

        With way pasted the provider sends the browser to an address where nothing listens; the person copies it, and POST
        /api/connections/callback takes it. With way device the person enters userCode at the address, in any browser, and GET
        /api/connections/sign-ins/{id} tells what became of it; the operator key may begin that, too.
        """)
    {
        Json = new(typeof(AuthorizeConnectionBody), """{"kind":"google-drive","title":"My Drive","currentPassword":"correct horse"}"""),
        Answers = [new(200, "Where the browser goes.", typeof(ConnectionSignInView), ConnectionSignInView.Example)],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.NoSuchConnection, RequestError.SessionEnded, RequestError.ConnectionFailed],
    };
}
