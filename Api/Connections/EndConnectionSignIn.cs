using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChunkUpload.Api.Connections;

/// <summary>
/// GET /api/connections/callback: the address to which a provider redirects browsers. It redirects to the page of connections, with the
/// outcome of the sign-in. A browser whose session has ended signs in first and returns here.
/// </summary>
internal static class EndConnectionSignIn
{
    public const string Path = ConnectionRoutes.All + "/callback";

    private const string Page = "/console/#/connections";
    private const int LongestState = 200;
    private const int LongestCode = 8192;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, HandleAsync).AlsoForHead()
        .RequireAuthorization(AccessPolicy.Transfers).WithMetadata(new OperatorPage()).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, ConnectionSignIns signIns, SignInCookie cookie)
    {
        context.Response.Headers.CacheControl = "no-store";
        // Link previews must not use up the code.
        if (HttpMethods.IsHead(context.Request.Method))
            return GoTo(context, "");
        var query = context.Request.Query;
        var answer = new ProviderAnswer(
            Text("state", LongestState), Text("code", LongestCode), Text("error", LongestState), query["error_description"]);
        var browser = answer.State is { } state ? cookie.Take(context, state) : null;
        // A code works once, so the sign-in must be completed even if the browser disconnects.
        var end = await signIns.EndAsync(context.Caller(), answer, browser, CancellationToken.None);
        return end switch
        {
            { Fault: { } fault } => GoTo(context, $"?fault={ConnectionSignIns.WordOf(fault)}"),
            { Again: true } => GoTo(context, $"?renewed={end.Connection:n}"),
            _ => GoTo(context, $"?added={end.Connection:n}"),
        };

        string? Text(string name, int longest) => query[name] is [{ Length: > 0 } text] && text.Length <= longest ? text : null;
    }

    private static RedirectHttpResult GoTo(HttpContext context, string query) =>
        TypedResults.Redirect(PublicAddress.PathOf(context.Request, Page) + query);

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(EndConnectionSignIn), "Come back from a provider",
        """
        For providers, which send browsers here: the address is registered there. It checks that the sign-in began in this browser and for
        this user, exchanges the code, and makes or renews the connection. The page that it leads to gets added or renewed with the
        connection's id, or fault: ended (used before, expired, begun elsewhere), cancelled (refused by the person), needs_approval (an
        administrator has to), app_secret_ended (the operator's part), scopes_missing, other_account, too_many, removed, away, failed.
        """)
    {
        QueryIsForeign = true,
        Query =
        [
            new("state", "As POST /api/connections/authorize made it.", "6f1d"),
            new("code", "The provider's, after the person has allowed it.", "4/0AX4"),
            new("error", "The provider's, where there is no code.", "access_denied"),
            new("error_description", "More about the error; some providers have their numbers in it.", "AADSTS65004"),
        ],
        Answers =
        [
            new(302, "To the page of connections.")
            { Headers = [new("Location", "The page.", $"{Page}?added={Examples.Id}")] },
        ],
    };
}
