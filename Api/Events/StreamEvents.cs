using System.Text;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Events;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Events;

/// <summary>GET /api/events: server-sent events.</summary>
internal static class StreamEvents
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/events", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, EventStream stream, EventTopics topics)
    {
        // 1. The cursor to start from.
        var reader = new QueryReader(context.Request.Query, "scope", "upload", "lastEventId");
        var caller = context.Caller();
        var last = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : reader.Text("lastEventId");
        var after = EventStream.CursorOf(last);

        // 2. The topics.
        var ids = reader.Texts("upload").Take(EventTopics.MostNamed + 1).ToList();
        if (ids.Count > EventTopics.MostNamed)
            reader.Refuse($"Name at most {EventTopics.MostNamed} uploads.");
        var scope = reader.Text("scope");
        if (scope is not (null or EventTopics.Own or EventTopics.Tenant or EventTopics.All))
            reader.Refuse("scope must be own, tenant or all.");
        if (reader.Refusal is { } refusal)
            return refusal;
        IReadOnlyList<string>? uploads = null;
        if (ids.Count > 0 && (uploads = await topics.FindAsync(caller, TopicKinds.Upload, ids, context.RequestAborted)) is null)
            return Refusal.NoSuchUpload;

        // 3.
        if (stream.Open(caller, out var tooMany) is not { } listener)
            return tooMany!;
        var answered = false;
        try
        {
            if (ids.Count == 0 || scope is not null)
            {
                if (!await topics.SubscribeAsync(listener, caller, scope ?? EventTopics.Own, context.RequestAborted))
                    return Refusal.Of(RequestError.NotPermitted, EventTopics.NotYours);
            }

            if (uploads is not null)
                listener.Subscribe(uploads);
            answered = true;
            return new Answer(stream, listener, after);
        }
        finally
        {
            if (!answered)
                listener.Dispose();
        }
    }

    private sealed class Answer(EventStream stream, EventListener listener, EventCursor? after) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            using var held = listener;
            var response = httpContext.Response;
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            // nginx then forwards each event immediately.
            response.Headers["X-Accel-Buffering"] = "no";
            if (HttpMethods.IsHead(httpContext.Request.Method))
                return;
            httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stream.Stopping);
            try
            {
                await foreach (var message in stream.ReadAsync(listener, after, httpContext.Caller(), either.Token))
                {
                    await response.Body.WriteAsync(Encoding.UTF8.GetBytes(Head(message)), either.Token);
                    await response.Body.WriteAsync(message.Json, either.Token);
                    await response.Body.WriteAsync("\n\n"u8.ToArray(), either.Token);
                    await response.Body.FlushAsync(either.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The client disconnected, or the service stops.
            }
        }

        private static string Head(in StreamMessage message) =>
            (message.Id is null ? "" : $"id: {message.Id}\n") + $"event: {message.Name}\ndata: ";
    }

    private static EndpointDoc Doc => new(
        "Events", nameof(StreamEvents), "Listen to events",
        """
        Server-sent events: changes of uploads (`created`, `completed`, …), of transfers (`transfer_done`, …, with the scope
        `transfers`), of spaces (`entries_changed`), of projects (`files_changed`, with the scope `projects`) and of the service, and
        `progress`, at most four times a second for each topic, with the newest `chunk`, `retry` and `advice` of uploads. Each message has
        its `topic`, a kind and an id. Changes have an id; with `Last-Event-ID` a client gets what it missed, or `reset` if that is not
        known any more. The same stream is on a WebSocket,
        `/api/events/ws`, with messages `{"type":"subscribe","scope":"own"}`,
        `{"type":"subscribe","uploads":["…"]}` and `{"type":"subscribe","topics":[{"kind":"space","id":"…"}]}`.

        Kinds of changes: KINDS.

            curl -N -H "Authorization: Bearer $KEY" http://127.0.0.1:8080/api/events
        """.Replace("KINDS", string.Join(", ", EventKinds.All.Select(kind => $"`{kind.Name}`")), StringComparison.Ordinal))
    {
        Query =
        [
            new("scope", "own (default); tenant for admins; all for operators.", "own"),
            new("upload", "Only this upload; may be repeated.", Examples.Id),
            new("lastEventId", "As the header Last-Event-ID.", "1-4711-42"),
        ],
        Headers = [new("Last-Event-ID", "The id of the last event that the client has seen.", "1-4711-42")],
        Answers =
        [
            new(200, "Events, until one of the two ends it.", typeof(string), """
                id: 1-4711-42
                event: completed
                data: {"type":"event","id":"1-4711-42","kind":"completed","topic":{"kind":"upload","id":"8f14e45fceea167a5a36dedd4bea2543"}}

                """) { MediaType = "text/event-stream" },
        ],
        Errors = [UploadError.NotFound, RequestError.TooManyListeners],
    };
}
