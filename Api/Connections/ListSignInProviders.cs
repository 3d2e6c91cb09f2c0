using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Api.Connections;

/// <summary>A provider at which users sign in to connect their storage.</summary>
internal sealed record SignInProviderView
{
    public const string Example = """
        {"kind":"google-drive","configured":true,"ways":["browser","pasted"],"scopes":["https://www.googleapis.com/auth/drive"],
         "redirectUri":"https://files.example.org/api/connections/callback","loopbackUri":"http://127.0.0.1:8717/"}
        """;

    public required string Kind { get; init; }

    /// <summary>Whether the operator has registered this service there. Otherwise only a refresh token or a key can be used.</summary>
    public required bool Configured { get; init; }

    /// <summary>The ways of POST /api/connections/authorize that it supports: browser, pasted, device.</summary>
    public required IReadOnlyList<string> Ways { get; init; }

    /// <summary>The scopes that users are asked to allow, as the provider names them.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The redirect address that the operator registers at the provider.</summary>
    public required string RedirectUri { get; init; }

    /// <summary>
    /// The redirect address for the way pasted, unless the application is registered as a desktop application. null if the provider does
    /// not support it.
    /// </summary>
    public required string? LoopbackUri { get; init; }
}

/// <summary>GET /api/connections/providers: where users can sign in.</summary>
internal static class ListSignInProviders
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(ConnectionRoutes.All + "/providers", Handle).AlsoForHead()
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static JsonAnswer<ListOf<SignInProviderView>> Handle(HttpContext context, ConnectionSignIns signIns)
    {
        var redirect = PublicAddress.Of(context.Request, EndConnectionSignIn.Path);
        var all = signIns.Providers.Select(one => new SignInProviderView
        {
            Kind = one.Kind,
            Configured = one.IsConfigured,
            Ways = SignInWays.Of(one),
            Scopes = one.Scopes,
            RedirectUri = redirect,
            LoopbackUri = one.LoopbackAddress,
        });
        return JsonAnswer.Of(new ListOf<SignInProviderView>([.. all], null), ApiJson.Out.ListOfSignInProviderView);
    }

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(ListSignInProviders), "List where users can sign in",
        "The providers on whose pages users connect their storage, what they are asked to allow there, and the address to register.")
    {
        Answers = [new(200, "All of them.", typeof(ListOf<SignInProviderView>), Examples.Page(SignInProviderView.Example))],
    };
}
