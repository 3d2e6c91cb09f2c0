using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Events;

internal sealed record SseEvent(string Name, string? Id, JsonElement Json);

/// <summary>Reads server-sent events as a program does.</summary>
internal sealed class SseReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _answer;
    private readonly System.IO.StreamReader _lines;

    private SseReader(HttpResponseMessage answer, System.IO.StreamReader lines) => (_answer, _lines) = (answer, lines);

    public static async Task<SseReader> OpenAsync(HttpClient client, string path, string? last = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (last is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        return new SseReader(answer, new System.IO.StreamReader(await answer.Content.ReadAsStreamAsync(), Encoding.UTF8));
    }

    public async Task<SseEvent> NextAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Limit);
        string? name = null, id = null, data = null;
        while (true)
        {
            var line = await _lines.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException("The stream ended.");
            if (line.Length == 0)
                return new SseEvent(name!, id, JsonElement.Parse(data!));
            var (field, value) =
                (line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]);
            switch (field)
            {
                case "event":
                    name = value;
                    break;
                case "id":
                    id = value;
                    break;
                case "data":
                    data = value;
                    break;
                default:
                    throw new InvalidDataException(line);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _answer.Dispose();
        return ValueTask.CompletedTask;
    }
}
