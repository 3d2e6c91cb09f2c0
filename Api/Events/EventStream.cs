using System.Text.Json;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Events;

/// <summary>One message to a listener: its JSON, and as server-sent event its name and id.</summary>
internal readonly record struct StreamMessage(string Name, string? Id, byte[] Json);

/// <summary>
/// Sends a listener its messages, on either transport: a welcome, the events missed since its cursor, one snapshot of the progress, then
/// events and progress as they occur, and heartbeats in between.
/// </summary>
internal sealed class EventStream(EventFeed feed, StoppingSignal stopping, TimeProvider time)
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>A socket that subscribes to nothing is closed after this time.</summary>
    public static readonly TimeSpan FirstSubscription = TimeSpan.FromMinutes(1);

    public CancellationToken Stopping => stopping.Token;

    /// <summary>
    /// Returns the cursor in a request; null if there is none. A malformed cursor was not issued by this service, so missed events are
    /// unknown, and the default cursor starts with a reset.
    /// </summary>
    public static EventCursor? CursorOf(string? text) =>
        string.IsNullOrEmpty(text) ? null : EventCursor.TryParse(text, out var cursor) ? cursor : default(EventCursor);

    /// <summary>Returns a new listener; null and a refusal if there are too many.</summary>
    public EventListener? Open(Caller caller, out Refusal? refusal)
    {
        var listener = feed.Add(caller, out var ofSubject);
        var reason = ofSubject
            ? $"You have {EventFeed.MostOfSubject} connections that listen to events; close one of them, or share one."
            : "Too many clients listen to events now; try again in a moment.";
        refusal = listener is null
            ? Refusal.Of(new RequestFailure(RequestError.TooManyListeners, reason) { RetryAfter = Heartbeat })
            : null;
        return listener;
    }

    /// <summary>
    /// Returns the messages until the client or the service ends, or <see cref="FirstSubscription"/> has passed without a subscription.
    /// </summary>
    /// <param name="after">The client's cursor; null to start with the welcome.</param>
    public async IAsyncEnumerable<StreamMessage> ReadAsync(
        EventListener listener, EventCursor? after, Caller caller,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        EventsEnd now;
        if (listener.Subscribed.IsCompleted)
        {
            now = await feed.BeginAsync(listener, cancellationToken);
            yield return Note("welcome", now.End, caller);
        }
        else
        {
            // Send the welcome before the client subscribes; events that occur until then are replayed.
            var welcome = (await feed.EndAsync(cancellationToken)).End;
            yield return Note("welcome", welcome, caller);
            after ??= welcome;
            var since = time.GetTimestamp();
            while (!await ComesAsync(listener.Subscribed.WaitAsync(cancellationToken), cancellationToken))
            {
                if (time.GetElapsedTime(since) >= FirstSubscription)
                    yield break;
                yield return Note("heartbeat", after.Value, caller);
            }

            now = await feed.BeginAsync(listener, cancellationToken);
        }

        var position = now.End;
        if (after is { } from)
        {
            if (now.Continues(from))
            {
                await foreach (var missed in feed.ReplayAsync(listener, from, now.End, cancellationToken))
                    yield return Message(missed);
            }
            else
            {
                yield return Note("reset", position, caller);
            }
        }

        foreach (var progress in feed.Snapshot(listener))
            yield return Message(progress);
        while (true)
        {
            if (!await ComesAsync(listener.WaitAsync(cancellationToken), cancellationToken))
            {
                yield return Note("heartbeat", position, caller);
                continue;
            }

            if (listener.Take() is not var (events, progress, notices))
            {
                // Events were lost: the client must ask for the current state and open a new stream.
                yield return Note("reset", position, caller);
                yield break;
            }

            foreach (var one in events)
            {
                position = one.Cursor;
                yield return Message(one);
            }

            foreach (var one in progress)
                yield return Message(one);
            foreach (var one in notices)
                yield return Message(one);
            // Collect further messages and send them together.
            await Task.Delay(EventFeed.Every, time, cancellationToken);
        }
    }

    /// <summary>Returns false if the task does not complete before the next heartbeat.</summary>
    private async Task<bool> ComesAsync(Task something, CancellationToken cancellationToken)
    {
        try
        {
            await something.WaitAsync(Heartbeat, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static StreamMessage Message(LedgerEvent one) => new(
        one.Kind, one.Cursor.ToString(), JsonSerializer.SerializeToUtf8Bytes(EventView.Of(one), ApiJson.Out.EventView));

    private static StreamMessage Message(Progress one) =>
        new("progress", null, JsonSerializer.SerializeToUtf8Bytes(ProgressView.Of(one), ApiJson.Out.ProgressView));

    private static StreamMessage Message(UploadNotice notice)
    {
        var view = NoticeView.Of(notice);
        return new StreamMessage(view.Type, null, JsonSerializer.SerializeToUtf8Bytes(view, ApiJson.Out.NoticeView));
    }

    private static StreamMessage Note(string type, EventCursor cursor, Caller caller) => new(
        type, cursor.ToString(), JsonSerializer.SerializeToUtf8Bytes(
            new StreamNote(type, cursor.ToString(), caller.Tenant, caller.Subject, (long)Heartbeat.TotalMilliseconds),
            ApiJson.Out.StreamNote));
}
