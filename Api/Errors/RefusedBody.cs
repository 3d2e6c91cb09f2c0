using System.IO.Pipelines;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Errors;

/// <summary>
/// Handles the rest of a body after a refusal. Closing a connection while bytes are in flight resets it, and the client may lose the
/// response; reading the whole body would be expensive. So a short rest is read and the connection stays open. For a longer rest the
/// response contains Connection: close, and the rest is read for a limited time. HTTP/2 resets the stream and does not need this.
/// </summary>
internal static class RefusedBody
{
    /// <summary>Kestrel itself reads this much silently.</summary>
    private const long KestrelBytes = 64 << 10;

    /// <summary>The most bytes that are read from a client without a key, for at most <see cref="AnonymousTime"/>.</summary>
    private const long AnonymousBytes = 16 << 20;

    /// <summary>
    /// For a caller: two chunks of the largest advised size, for as long as they take. Most clients read the response only after they have
    /// sent the whole body, which takes long on a slow link. For an announced body within this size the connection stays open.
    /// </summary>
    private const long CallerBytes = 64 << 20;

    private static readonly TimeSpan SilenceTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnonymousTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StoppingTime = TimeSpan.FromSeconds(1);
    private static readonly object Mark = new();

    /// <summary>Prepares the response. Call it before the response starts.</summary>
    public static void Prepare(HttpContext context)
    {
        var request = context.Request;
        if (!HttpProtocol.IsHttp11(request.Protocol) && !HttpProtocol.IsHttp10(request.Protocol))
            return;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return;
        if (request.Headers.Expect.Count > 0 && context.Features.Get<IRequestBodyPipeFeature>() is CountingRequestBody { Count: 0 })
        {
            // Reading the body would send 100 Continue. Without it, it is unknown whether the client still sends the body, so close the
            // connection.
            context.Response.Headers[HeaderNames.Connection] = "close";
            return;
        }

        if (request.ContentLength <= KestrelBytes || IsAtEnd(request.BodyReader))
            return;
        if (request.ContentLength is not { } length || length > MaxBytes(context))
            context.Response.Headers[HeaderNames.Connection] = "close";
        context.Items[Mark] = Mark;
    }

    /// <summary>Reads the rest of the body. Call it after the response was written.</summary>
    public static async Task LingerAsync(HttpContext context, TimeProvider time, CancellationToken stopping)
    {
        if (!context.Items.ContainsKey(Mark) || context.RequestAborted.IsCancellationRequested)
            return;
        using var silence = new CancellationTokenSource(SilenceTime, time);
        using var limit = new CancellationTokenSource(HasCaller(context) ? Timeout.InfiniteTimeSpan : AnonymousTime, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, limit.Token, context.RequestAborted);
        // Wait a moment, because the client may lose the response on a reset.
        using var onStopping = stopping.Register(() => limit.CancelAfter(StoppingTime));
        // Cancel through the reader, not through a token: after a token Kestrel considers the read pending and logs an error when it drains
        // the body itself.
        var reader = context.Request.BodyReader;
        using var onEnd = any.Token.UnsafeRegister(static reader => UploadBody.CancelRead((PipeReader)reader!), reader);
        try
        {
            await context.Response.CompleteAsync();
            var left = MaxBytes(context);
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
            // Without the abort Kestrel would drain the reset body and log an error.
            context.Abort();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The body is malformed, or its reader was completed. Do not abort: the answer may still be in flight.
        }
    }

    private static bool HasCaller(HttpContext context) => context.Features.Get<Caller>() is not null;

    private static long MaxBytes(HttpContext context) => HasCaller(context) ? CallerBytes : AnonymousBytes;

    private static bool IsAtEnd(PipeReader reader)
    {
        try
        {
            // Read only bytes that have arrived; this neither waits nor sends 100 Continue.
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
