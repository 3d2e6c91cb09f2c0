using System.Runtime.CompilerServices;
using System.Text.Json;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Client;

/// <content>Events of the service.</content>
public sealed partial class ChunkUploadClient
{
    // The service sends a sign of life every 15 s.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    /// <summary>
    /// What changes at the service, from now on, until it is cancelled. Where the connection breaks, it goes on behind the last event.
    /// </summary>
    /// <exception cref="TransferException">The key is refused, or the service is away for longer than the policy allows.</exception>
    public IAsyncEnumerable<ServiceEvent> ListenAsync(
        EventScope scope = EventScope.Own, CancellationToken cancellationToken = default) =>
        ListenFromAsync(scope, () => { }, cancellationToken);

    /// <param name="connected">Called at each connection: what happened before it may have been missed.</param>
    internal async IAsyncEnumerable<ServiceEvent> ListenFromAsync(
        EventScope scope, Action connected, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var attempts = AttemptsOf(Board("events", null));
        string? last = null;
        while (true)
        {
            using var guard = new StallGuard(_time, Silence, cancellationToken);
            using var answer = await attempts.PersistAsync(
                _ => _calls.OpenAsync(
                    _calls.Request(HttpMethod.Get, $"api/events?scope={scope.ToString().ToLowerInvariant()}", ("Last-Event-ID", last)),
                    guard),
                cancellationToken);
            connected();
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            using var lines = new StreamReader(body);
            string? id = null, data = null;
            while (await LineAsync(lines, guard, cancellationToken) is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                    id = line[4..];
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                    data = line[6..];
                if (line.Length > 0)
                    continue;
                // Only an empty line ends a message: an interrupted message is sent again.
                last = id ?? last;
                if (data is not null && EventOf(data) is { } news)
                    yield return news;
                (id, data) = (null, null);
            }
        }
    }

    /// <returns>Null if there is no such file yet, or no more, or this key does not see it.</returns>
    internal async Task<FileAnswer?> FileAsync(string id, CancellationToken stop)
    {
        try
        {
            return await AttemptsOf(Board(id, null)).PersistAsync(
                _ => _calls.SendAsync(_calls.Request(HttpMethod.Get, $"api/files/{id}"), ClientJson.Default.FileAnswer, stop), stop);
        }
        catch (TransferException failure) when (failure.Status is 403 or 404 or 409 or 410)
        {
            return null;
        }
    }

    /// <returns>Null if the connection ended.</returns>
    private async Task<string?> LineAsync(StreamReader lines, StallGuard guard, CancellationToken stop)
    {
        try
        {
            var line = await lines.ReadLineAsync(guard.Token);
            guard.Moved();
            return line;
        }
        catch (Exception failure) when (!stop.IsCancellationRequested && _calls.Classify(failure, guard) is not null)
        {
            return null;
        }
    }

    private ServiceEvent? EventOf(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ClientJson.Default.EventAnswer) switch
            {
                { Type: "event", Kind: { } kind, Topic: { } topic } one =>
                    new ServiceEvent(one.At, kind, topic.Kind, topic.Id, one.By ?? "", one.Data),
                { Type: "progress", Topic: { } topic } => new ServiceEvent(
                    _time.GetUtcNow(), "progress", topic.Kind, topic.Id, "",
                    JsonSerializer.Deserialize(json, ClientJson.Default.JsonElement)),
                { Type: "reset" } => new ServiceEvent(_time.GetUtcNow(), "reset", "", "", "", default),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
