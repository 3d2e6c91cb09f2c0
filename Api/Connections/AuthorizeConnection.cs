using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.People;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>What is connected by a sign-in at the provider.</summary>
internal sealed record AuthorizeConnectionBody
{
    /// <summary>google-drive or onedrive. Not needed with connection.</summary>
    public string? Kind { get; init; }

    /// <summary>The name of a new connection, for people; missing: the account's.</summary>
    public string? Title { get; init; }

    /// <summary>The id of the connection that is signed in again; missing: a new one is made.</summary>
    public string? Connection { get; init; }

    /// <summary>Needed in a user's browser session. A user without a password must have signed in a moment ago.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>Of the second factor, where the user has one.</summary>
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
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

/// <param name="Address">At the provider. The browser opens it.</param>
/// <param name="Scopes">What the person is asked to allow there.</param>
internal sealed record ConnectionSignInView(string Address, IReadOnlyList<string> Scopes)
{
    public const string Example = """
        {"address":"https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=1234&state=6f1d",
         "scopes":["https://www.googleapis.com/auth/drive"]}
        """;
}

/// <summary>
/// POST /api/connections/authorize: begins a sign-in at a provider. The page opens the address by script: a form that were redirected there
/// would need the address in the page's content security policy.
/// </summary>
internal static class AuthorizeConnection
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost(ConnectionRoutes.All + "/authorize", HandleAsync)
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<AuthorizeConnectionBody> validator, IConnectionLedger connections, ConnectionSignIns signIns,
        Reauthentication again, SignInCookie cookie)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.AuthorizeConnectionBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        if (caller.Credential.Kind is not (CredentialKind.Session or CredentialKind.None))
        {
            return Refusal.Of(
                RequestError.NotPermitted,
                "A sign-in at a provider begins in a browser that is signed in here. Else POST /api/connections takes a refresh token.");
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

        var begun = await signIns.BeginAsync(
            caller, provider, body.Title, connection, PublicAddress.Of(context.Request, EndConnectionSignIn.Path), stop);
        cookie.Add(context, begun.State, begun.Browser);
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Of(
            new ConnectionSignInView(begun.Address.AbsoluteUri, provider.Scopes), ApiJson.Out.ConnectionSignInView);
    }

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(AuthorizeConnection), "Begin a sign-in at a provider",
        """
        For pages: the browser opens the address, the person signs in and allows what scopes says, and the provider sends the browser back
        to /api/connections/callback, which makes the connection, or signs connection in again. It is valid once, for ten minutes, in this
        browser, for this user. Only a browser session begins it, with the user's current password, and a code where there is a second
        factor.
        """)
    {
        Json = new(typeof(AuthorizeConnectionBody), """{"kind":"google-drive","title":"My Drive","currentPassword":"correct horse"}"""),
        Answers = [new(200, "Where the browser goes.", typeof(ConnectionSignInView), ConnectionSignInView.Example)],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.NoSuchConnection, RequestError.SessionEnded],
    };
}
