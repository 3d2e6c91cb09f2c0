using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access.Keys;

/// <summary>Endpoint metadata: a page for the operator, which redirects to the sign-in page when the browser is not signed in.</summary>
internal sealed class OperatorPage
{
    public static TBuilder Require<TBuilder>(TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(AccessPolicy.Dashboard).WithMetadata(new OperatorPage());

    /// <summary>
    /// Returns whether a browser is redirected to the sign-in page. False if the request is not a page visit or contains a key, because a
    /// program must get an error for a wrong key.
    /// </summary>
    public static bool GoesToSignIn(HttpContext context)
    {
        var request = context.Request;
        if (context.GetEndpoint()?.Metadata.GetMetadata<OperatorPage>() is null || !HttpMethods.IsGet(request.Method)
            || !AcceptsPages(request)
            || request.Headers.Authorization.Count > 0)
        {
            return false;
        }

        GoToSignIn(context, $"?return={Uri.EscapeDataString(request.Path + request.QueryString)}");
        return true;
    }

    public static void GoToSignIn(HttpContext context, string query) => GoTo(context, SignIn.Path, query);

    /// <summary>Redirects a browser to another page of this service.</summary>
    public static void GoTo(HttpContext context, string path, string query = "") =>
        context.Response.Redirect(PublicAddress.PathOf(context.Request, path) + query);

    private static bool AcceptsPages(HttpRequest request) =>
        request.Headers.Accept.Any(value => value?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true);
}
