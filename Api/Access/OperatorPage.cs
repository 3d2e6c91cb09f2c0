using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access;

/// <summary>Endpoint metadata: a page for the operator's browser, which goes to the sign-in page first where nobody is signed in.</summary>
internal sealed class OperatorPage
{
    public static TBuilder Require<TBuilder>(TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(AccessPolicy.Operator).WithMetadata(new OperatorPage());

    /// <summary>Null where the request is no visit of a page, and where a key was sent: a program wants to hear that it is wrong.</summary>
    public static string? SignInAddress(HttpContext context)
    {
        var request = context.Request;
        if (context.GetEndpoint()?.Metadata.GetMetadata<OperatorPage>() is null || request.Headers.Authorization.Count > 0)
            return null;
        if (!HttpMethods.IsGet(request.Method) || request.Headers.Accept.Any(value => value?.Contains("text/html", StringComparison.Ordinal) == true) is false)
            return null;
        return PublicAddress.PathOf(request, $"{SignIn.Path}?return={Uri.EscapeDataString(request.Path + request.QueryString)}");
    }
}
