using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Dav;

/// <summary>OPTIONS: the classes of WebDAV that the service has, and the methods. It needs no key.</summary>
internal static class DescribeDav
{
    private const string Methods = "OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, [HttpMethods.Options], Handle).AllowAnonymous().ExcludeFromDescription();

    /// <summary>Writes the headers; the answer has no body.</summary>
    public static void Write(HttpResponse response)
    {
        response.Headers["DAV"] = "1, 2";
        // Without this header, Windows does not recognize a WebDAV server.
        response.Headers["MS-Author-Via"] = "DAV";
        response.Headers[HeaderNames.Allow] = Methods;
    }

    private static Ok Handle(HttpContext context)
    {
        Write(context.Response);
        return TypedResults.Ok();
    }
}
