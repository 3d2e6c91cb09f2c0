using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// A JSON response with Content-Length, so that the client knows that it is complete without waiting for the end of a chunked body. This
/// matters if the connection is about to close.
/// </summary>
internal sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, int status) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        return bytes.Length < ILongAnswers.Short
            ? WriteAsync()
            : JsonAnswer.RoomOf(httpContext).SendAsync(httpContext, bytes.Length, WriteAsync);

        Task WriteAsync()
        {
            httpContext.Response.StatusCode = status;
            return JsonAnswer.WriteAsync(httpContext, bytes, "application/json; charset=utf-8");
        }
    }
}

/// <summary>
/// A JSON response that may be long. It is written while it is serialized, as a chunked body, so that no buffer of its whole length is
/// needed.
/// </summary>
/// <param name="bytes">The approximate size.</param>
internal sealed class LongJsonAnswer<T>(T value, JsonTypeInfo<T> type, long bytes) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => JsonAnswer.RoomOf(httpContext).SendAsync(httpContext, bytes, async () =>
    {
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await JsonSerializer.SerializeAsync(httpContext.Response.BodyWriter, value, type, httpContext.RequestAborted);
    });
}

internal static class JsonAnswer
{
    public static LongJsonAnswer<T> OfLong<T>(T value, JsonTypeInfo<T> type, long bytes) => new(value, type, bytes);

    public static ILongAnswers RoomOf(HttpContext context) => context.RequestServices.GetRequiredService<ILongAnswers>();

    public static JsonAnswer<T> Of<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) => new(value, type, status);

    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, string contentType) =>
        WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(value, type), contentType);

    public static async Task WriteAsync(HttpContext context, byte[] bytes, string contentType)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            _ = await context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
    }
}
