using ChunkUpload.Api.Wire;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Swagger;

/// <summary>
/// Handles GET and HEAD /swagger/v1/swagger.json: 1. select the form that the client prefers; 2. compare its entity tag; 3. send the shared
/// bytes.
/// </summary>
internal static class GetContract
{
    public const string Path = "/swagger/v1/swagger.json";

    // The contract does not change while the service runs, so no date is needed beside the tag.
    private static readonly DateTimeOffset NoDate = DateTimeOffset.MaxValue;

    public static async Task HandleAsync(HttpContext context, ContractDocument document)
    {
        // 1.
        var copy = await document.ForAsync(context.Request);
        var form = Preferred(context.Request, copy);
        var headers = context.Response.Headers;
        headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        headers.CacheControl = "no-cache";

        // 2.
        headers.ETag = form.ETag;
        if (Preconditions.Check(context.Request, EntityTagHeaderValue.Parse(form.ETag), NoDate) == Precondition.NotModified)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        // 3.
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = form.Bytes.Length;
        if (form.Coding is { } coding)
            headers.ContentEncoding = coding;
        if (!HttpMethods.IsHead(context.Request.Method))
            _ = await context.Response.BodyWriter.WriteAsync(form.Bytes, context.RequestAborted);
    }

    private static ContractCopy.Form Preferred(HttpRequest request, ContractCopy copy)
    {
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted))
            return copy.Plain;
        ContractCopy.Form[] forms = [copy.Brotli, copy.Gzip];
        return forms.FirstOrDefault(form => accepted.Any(coding =>
            coding.Quality is not 0 && coding.Value.Equals(form.Coding, StringComparison.OrdinalIgnoreCase))) ?? copy.Plain;
    }
}
