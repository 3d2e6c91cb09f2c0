using System.Buffers;
using System.Security.Cryptography;
using Serilog.Context;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Gives every request an id: the client's <c>X-Request-ID</c> where it is harmless, else a fresh one. It is in every line
/// that the request logs, in its answer's header, and <c>HttpContext.TraceIdentifier</c> holds it for error bodies.
/// </summary>
internal sealed class RequestId(RequestDelegate next)
{
    public const string Header = "X-Request-ID";
    public const string Property = "RequestId";
    private const int LongestGiven = 64;
    private const int FreshBytes = 12;

    private static readonly SearchValues<char> Harmless =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public async Task InvokeAsync(HttpContext context)
    {
        var id = Given(context.Request.Headers[Header]) ?? Fresh();
        context.TraceIdentifier = id;
        context.Response.Headers[Header] = id;
        using (LogContext.PushProperty(Property, id))
            await next(context);
    }

    private static string? Given(string? text) =>
        text is { Length: > 0 and <= LongestGiven } && !text.AsSpan().ContainsAnyExcept(Harmless) ? text : null;

    private static string Fresh() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(FreshBytes));
}
