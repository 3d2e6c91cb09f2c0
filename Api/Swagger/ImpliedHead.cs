using Microsoft.AspNetCore.Mvc.ApiExplorer;

namespace ChunkUpload.Api.Swagger;

/// <summary>
/// Supports HEAD for every GET endpoint (RFC 9110, 9.3.2): the GET endpoint handles both, and Kestrel omits the body. If HEAD has a special
/// meaning (the offset of an upload), it has its own endpoint. The contract describes this once and not for each address.
/// </summary>
internal static class ImpliedHead
{
    private static readonly HttpMethodMetadata Both = new([HttpMethods.Get, HttpMethods.Head]);

    public static TBuilder AlsoForHead<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder =>
        {
            for (var i = 0; i < builder.Metadata.Count; i++)
            {
                if (builder.Metadata[i] is HttpMethodMetadata { HttpMethods: [var only] } && HttpMethods.IsGet(only))
                    builder.Metadata[i] = Both;
            }
        });
        return endpoint;
    }

    public static bool Is(ApiDescription operation) =>
        HttpMethods.IsHead(operation.HttpMethod ?? "") && operation.ActionDescriptor.EndpointMetadata.Contains(Both);

    /// <summary>For pages of a library that supports only GET.</summary>
    public static async Task AskAsGet(HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            return;
        }

        context.Request.Method = HttpMethods.Get;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
        }
    }
}
