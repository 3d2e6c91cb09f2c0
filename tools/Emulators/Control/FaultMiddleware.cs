using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Control;

/// <summary>Journals each request of a client and applies the faults that match it.</summary>
internal sealed class FaultMiddleware(Emulator emulator, EmulatorContext context)
{
    /// <summary>Set where a range is to be answered with fewer bytes than asked for.</summary>
    private static readonly object TruncateRangeKey = new();

    /// <summary>Has the header that was taken away: a signature may cover it.</summary>
    private static readonly object IgnoredRangeKey = new();

    public static string? IgnoredRange(HttpContext http) => http.Items[IgnoredRangeKey] as string;

    /// <summary>The most bytes that the answer to a range may have, or null.</summary>
    public static long? TruncatedRange(HttpContext http) => http.Items[TruncateRangeKey] as long?;

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path.StartsWithSegments("/_control", StringComparison.Ordinal))
        {
            await next(http);
            return;
        }

        var path = $"{http.Request.Path.ToUriComponent()}{http.Request.QueryString}";
        var faults = context.Faults.Take(http.Request.Method, path);
        var entry = new JournalEntry
        {
            At = context.Clock.GetUtcNow(),
            Listener = Listener(http),
            Method = http.Request.Method,
            Path = path,
            Request = Journal.Pick(http.Request.Headers),
            Faults = [.. faults.Select(fault => fault.Action.Kind)],
        };
        http.Items[typeof(JournalEntry)] = entry;
        var received = new BodyTap(http.Request.Body, http);
        var sent = new BodyTap(http.Response.Body, http);
        http.Request.Body = received;
        http.Response.Body = sent;
        var isRecorded = false;
        // Recorded before the client knows the end, so that who has an answer finds its request in the journal.
        void Record(bool aborted)
        {
            entry.Received = received.Count;
            entry.Sent = sent.Count;
            entry.Aborted |= aborted;
            if (isRecorded)
                return;
            isRecorded = true;
            entry.Status = http.Response.StatusCode;
            entry.Response = Journal.Pick(http.Response.Headers);
            context.Journal.Add(entry);
        }

        received.Ending = Record;
        sent.Ending = Record;
        try
        {
            await ApplyAsync(http, faults, received, sent, next);
            Record(http.RequestAborted.IsCancellationRequested);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or BadHttpRequestException)
        {
            // The client went away, or a fault has ended the connection.
            Record(true);
            http.Abort();
        }
        finally
        {
            Record(false);
        }
    }

    private async Task ApplyAsync(HttpContext http, IReadOnlyList<Fault> faults, BodyTap received, BodyTap sent, RequestDelegate next)
    {
        var hasBody = http.Request.ContentLength > 0 || http.Request.Headers.TransferEncoding.Count > 0;
        var dropReply = false;
        Fault? holdReply = null;
        foreach (var fault in faults)
        {
            var action = fault.Action;
            var tap = action.Of switch { "request" => received, "response" => sent, _ => hasBody ? received : sent };
            switch (action.Kind)
            {
                case "status":
                    await AnswerAsync(http, action);
                    return;
                case "resetAfter":
                    tap.Add(new ResetStep(action.Bytes ?? 0));
                    break;
                case "resetBeforeReply":
                    dropReply = true;
                    break;
                case "delay":
                    await Task.Delay(action.Ms, http.RequestAborted);
                    break;
                case "hold":
                    await fault.Released.WaitAsync(http.RequestAborted);
                    break;
                case "holdReply":
                    holdReply = fault;
                    break;
                case "throttle":
                    tap.Add(new ThrottleStep(Math.Max(1, action.BytesPerSec), TimeProvider.System));
                    break;
                case "corruptByte":
                    tap.Add(new CorruptStep(action.Offset));
                    break;
                case "ignoreRange":
                    http.Items[IgnoredRangeKey] = http.Request.Headers.Range.ToString();
                    http.Request.Headers.Remove("Range");
                    break;
                case "truncateRange":
                    http.Items[TruncateRangeKey] = action.Bytes ?? 1;
                    break;
                default:
                    await StateActions.ApplyAsync(emulator, context, action);
                    break;
            }
        }

        if (!dropReply && holdReply is null)
        {
            await next(http);
            return;
        }

        // The request is acted on in full before its reply is held or dropped.
        var kept = new MemoryStream();
        http.Response.Body = dropReply ? Stream.Null : kept;
        await next(http);
        if (dropReply)
            throw new ConnectionEndedException();
        http.Response.Body = sent;
        await holdReply!.Released.WaitAsync(http.RequestAborted);
        await sent.WriteAsync(kept.ToArray(), http.RequestAborted);
    }

    /// <summary>The body is read to its end first: a client that still sends would see a reset in place of the answer.</summary>
    private async Task AnswerAsync(HttpContext http, FaultAction action)
    {
        await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
        http.Response.StatusCode = action.Code;
        foreach (var (name, value) in action.Headers ?? new Dictionary<string, string>())
            http.Response.Headers[name] = value;
        if (action.Body is { ValueKind: JsonValueKind.String } text)
            await http.Response.WriteAsync(text.GetString()!, http.RequestAborted);
        else if (action.Body is { } json)
            await http.Response.WriteAsJsonAsync(json, http.RequestAborted);
        else if (action.Code >= 400 && emulator.ErrorBody(action.Code, action.Reason, action.Message) is var error)
            await (error is string xml ? WriteXmlAsync(http, xml) : http.Response.WriteAsJsonAsync(error, http.RequestAborted));
    }

    private static Task WriteXmlAsync(HttpContext http, string xml)
    {
        http.Response.ContentType = "application/xml";
        return http.Response.WriteAsync(xml, http.RequestAborted);
    }

    private int Listener(HttpContext http)
    {
        for (var index = 0; index < context.Addresses.Count; index++)
            if (new Uri(context.Addresses[index]).Port == http.Connection.LocalPort)
                return index;
        return 0;
    }
}
