using System.Buffers;
using System.Security.Cryptography;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Gives every request an id: the client's <c>X-Request-ID</c> if it contains only safe characters, otherwise a random one. The id is in
/// every log line of the request, in the answer's header and, as <c>HttpContext.TraceIdentifier</c>, in error bodies.
/// </summary>
internal static class RequestId
{
    public const string Header = ServiceHeaders.RequestId;
    public const string Property = "RequestId";
    private const int LongestGiven = 64;
    private const int FreshBytes = 12;

    private static readonly SearchValues<char> Harmless =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static string Give(HttpContext context)
    {
        var id = Given(context.Request.Headers[Header]) ?? Fresh();
        context.TraceIdentifier = id;
        // Set the header when the answer starts: an error clears earlier headers, and a long upload then needs no memory for headers.
        context.Response.OnStarting(Write, context);
        return id;
    }

    private static Task Write(object state)
    {
        var context = (HttpContext)state;
        context.Response.Headers[Header] = context.TraceIdentifier;
        return Task.CompletedTask;
    }

    private static string? Given(string? text) =>
        text is { Length: > 0 and <= LongestGiven } && !text.AsSpan().ContainsAnyExcept(Harmless) ? text : null;

    private static string Fresh() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(FreshBytes));
}
