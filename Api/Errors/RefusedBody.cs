using System.IO.Pipelines;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Errors;

/// <summary>
/// What becomes of the rest of a body that nobody wants. A connection that is closed while bytes are still under way is reset, and the
/// reset can overtake the answer; a body read to its end costs whatever the client likes to send. So: a short rest is read and the
/// connection goes on; a long one is announced to end the connection, answered first, and read only for a while.
/// HTTP/2 resets the one stream and needs none of this.
/// </summary>
internal static class RefusedBody
{
    /// <summary>So little is left to Kestrel, which reads it without a word.</summary>
    private const long KestrelBytes = 64 << 10;

    /// <summary>What anybody may send in vain, and how long, without having shown a key.</summary>
    private const long AnonymousBytes = 16 << 20;

    /// <summary>
    /// For a caller: two chunks of the largest advised size, and as long as they take. Most clients read the answer only after their whole
    /// body, and on a slow line that is long after the service knew it. A body that is announced to be no longer does not even cost the
    /// connection.
    /// </summary>
    private const long CallerBytes = 64 << 20;

    private static readonly TimeSpan SilenceTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnonymousTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StoppingTime = TimeSpan.FromSeconds(1);
    private static readonly object Mark = new();

    /// <summary>Before the answer starts.</summary>
    public static void Prepare(HttpContext context)
    {
        var request = context.Request;
        if (!HttpProtocol.IsHttp11(request.Protocol) && !HttpProtocol.IsHttp10(request.Protocol))
            return;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return;
        if (request.Headers.Expect.Count > 0 && context.Features.Get<IRequestBodyPipeFeature>() is CountingRequestBody { Count: 0 })
        {
            // Looking for the body would ask the client for it (100-continue). Whether it still sends it nobody can tell: the connection ends.
            context.Response.Headers[HeaderNames.Connection] = "close";
            return;
        }

        if (request.ContentLength <= KestrelBytes || IsAtEnd(request.BodyReader))
            return;
        if (request.ContentLength is not { } length || length > MostBytes(context))
            context.Response.Headers[HeaderNames.Connection] = "close";
        context.Items[Mark] = Mark;
    }

    /// <summary>After the answer was made.</summary>
    public static async Task LingerAsync(HttpContext context, TimeProvider time, CancellationToken stopping)
    {
        if (!context.Items.ContainsKey(Mark) || context.RequestAborted.IsCancellationRequested)
            return;
        using var silence = new CancellationTokenSource(SilenceTime, time);
        using var limit = new CancellationTokenSource(context.HasCaller() ? Timeout.InfiniteTimeSpan : AnonymousTime, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, limit.Token, context.RequestAborted);
        // Not at once: a reset would overtake the answer that says so.
        using var onStopping = stopping.Register(() => limit.CancelAfter(StoppingTime));
        // Not by the token of a read: Kestrel would take that read for one that still runs, and write an error to its log when it looks for
        // the rest of the body itself.
        var reader = context.Request.BodyReader;
        using var onEnd = any.Token.UnsafeRegister(static reader => UploadBody.CancelRead((PipeReader)reader!), reader);
        try
        {
            await context.Response.CompleteAsync();
            var left = MostBytes(context);
            while (left > 0)
            {
                var read = await reader.ReadAsync(CancellationToken.None);
                left -= read.Buffer.Length;
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
                if (any.IsCancellationRequested)
                    break;
                silence.CancelAfter(SilenceTime);
            }

            context.Abort();
        }
        catch (Exception e) when (e is OperationCanceledException or ConnectionResetException)
        {
            // After a reset Kestrel would look for the rest of the body once more, and report as an error that there is none.
            context.Abort();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // What came is no body, or somebody has given the reader up. Not cut here: the answer may still be on its way.
        }
    }

    private static long MostBytes(HttpContext context) => context.HasCaller() ? CallerBytes : AnonymousBytes;

    private static bool IsAtEnd(PipeReader reader)
    {
        try
        {
            // Only what has arrived already: this waits for nothing and asks the client for nothing (100-continue).
            if (!reader.TryRead(out var read))
                return false;
            var ended = read.IsCompleted;
            reader.AdvanceTo(read.Buffer.End);
            if (ended || !reader.TryRead(out read))
                return ended;
            reader.AdvanceTo(read.Buffer.End);
            return read.IsCompleted;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return false;
        }
    }
}
