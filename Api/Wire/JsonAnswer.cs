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

/// <summary>A JSON response that may be long. Its memory is reserved before it is serialized.</summary>
/// <param name="bytes">The approximate size.</param>
internal sealed class LongJsonAnswer<T>(T value, JsonTypeInfo<T> type, long bytes) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => JsonAnswer.RoomOf(httpContext).SendAsync(
        httpContext, bytes, () => JsonAnswer.WriteAsync(httpContext, value, type, "application/json; charset=utf-8"));
}

internal static class JsonAnswer
{
    /// <summary>How long a client may take nothing of a response, which is in memory until then.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(10);

    private const int Piece = 16 << 10;

    public static LongJsonAnswer<T> OfLong<T>(T value, JsonTypeInfo<T> type, long bytes) => new(value, type, bytes);

    public static ILongAnswers RoomOf(HttpContext context) => context.RequestServices.GetRequiredService<ILongAnswers>();

    public static JsonAnswer<T> Of<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) => new(value, type, status);

    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, string contentType) =>
        WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(value, type), contentType);

    public static async Task WriteAsync(HttpContext context, byte[] bytes, string contentType)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        for (var sent = 0; sent < bytes.Length; sent += Piece)
            await WritePieceAsync(context, bytes.AsMemory(sent, Math.Min(Piece, bytes.Length - sent)));
    }

    private static async ValueTask WritePieceAsync(HttpContext context, ReadOnlyMemory<byte> piece)
    {
        var written = context.Response.BodyWriter.WriteAsync(piece, context.RequestAborted);
        if (written.IsCompletedSuccessfully)
        {
            _ = written.Result;
            return;
        }

        var time = context.RequestServices.GetRequiredService<TimeProvider>();
        var writing = written.AsTask();
        using var stop = new CancellationTokenSource();
        if (await Task.WhenAny(writing, Task.Delay(Stall, time, stop.Token)) != writing)
            context.Abort();
        await stop.CancelAsync();
        _ = await writing;
        context.RequestAborted.ThrowIfCancellationRequested();
    }
}
