using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Watching;

/// <summary>Tells of uploads at the service as they begin and end, whoever makes them.</summary>
internal sealed class RemoteNews(ChunkUploadClient client, Output output, EventScope scope)
{
    private const string Upload = "upload";
    private const string Missed = "reset";
    private const string Moves = "progress";
    private const int MostEnded = 200;

    // For an upload that ends without a file, this is the only source of the name.
    private readonly Dictionary<string, string> _names = [];

    // How far one was may be told after its end.
    private readonly Queue<string> _ended = new();

    public async Task RunAsync(CancellationToken stop)
    {
        output.Note("Watching the uploads at the service. Ctrl-C ends it.");
        await foreach (var news in client.ListenAsync(scope, stop))
        {
            if (news.Kind == Missed)
                output.Note("The service has had more news than it keeps: some are missing here. cu ls shows what is there.");
            else if (news.Topic == Upload && news.Kind is not ("created" or "completing"))
                await TellAsync(news, stop);
        }
    }

    private async Task TellAsync(ServiceEvent news, CancellationToken stop)
    {
        if (news.Kind == Moves)
        {
            // It has begun when its first bytes are there.
            if (!_ended.Contains(news.Id) && news.Data.TryGetProperty("name", out var given) && given.GetString() is { } begun
                && _names.TryAdd(news.Id, begun))
                Tell(news, begun, null, null);
            return;
        }

        var file = await client.FileAsync(news.Id, stop);
        var name = _names.GetValueOrDefault(news.Id);
        if (news.Kind is "completed" or "failed" or "expired" or "cancelled" or "deleted")
            End(news.Id);
        var path = file?.Places is [var first, ..] ? first : null;
        Tell(news, file?.Name ?? name, path, news.Kind == "completed" ? file?.Size : null);
    }

    private void End(string id)
    {
        _ = _names.Remove(id);
        _ended.Enqueue(id);
        if (_ended.Count > MostEnded)
            _ = _ended.Dequeue();
    }

    private void Tell(ServiceEvent news, string? name, string? path, long? size)
    {
        var (word, about) = (news.Kind == Moves ? "begun" : news.Kind.Replace('_', ' '), size is { } all ? $" ({Figures.Bytes(all)})" : "");
        output.Result(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{news.At.ToLocalTime():HH:mm:ss}  {Output.Printable(path ?? name ?? news.Id)}  {word}{about}"),
            new JsonObject
            {
                ["at"] = news.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                ["kind"] = word,
                ["id"] = news.Id,
                ["name"] = name,
                ["path"] = path,
                ["size"] = size,
                ["by"] = news.By,
            });
    }
}
