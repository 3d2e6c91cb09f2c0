using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Writes to Google Drive with resumable uploads and ids that are created in advance.</summary>
/// <param name="ids">Unused ids of this account.</param>
internal sealed partial class DriveSink(DriveClient client, ConcurrentQueue<string> ids) : IFollowingSink, IInsideSink
{
    private const int IdsAtOnce = 100;
    private const int MostFound = 100;
    private const long Multiple = 256 << 10;

    public SinkTraits Traits { get; } = new(Multiple, 1 << 30, Ids: true, [DigestKind.Sha256, DigestKind.Md5]) { DuplicateNames = true };

    public async Task<Outcome<IReadOnlyList<string>>> NewIdsAsync(int count, CancellationToken cancellationToken)
    {
        var taken = new List<string>(count);
        while (taken.Count < count)
        {
            if (ids.TryDequeue(out var id))
            {
                taken.Add(id);
                continue;
            }

            var answer = await client.JsonAsync(
                "files.generateIds", HttpMethod.Get,
                client.Files("/generateIds", ("count", IdsAtOnce.ToString(CultureInfo.InvariantCulture)), ("space", "drive")),
                cancellationToken);
            if (!answer.Ok)
                return answer.Fault;
            if (!answer.Value.Json.TryGetProperty("ids", out var made) || made.ValueKind != JsonValueKind.Array
                || made.GetArrayLength() == 0)
                return new StorageFault(FaultKind.Transient, "Google Drive returned no ids.");
            if (AnswerLimits.CountFault(made, IdsAtOnce, JsonValueKind.String) is { } tooMany)
                return tooMany;
            foreach (var one in made.EnumerateArray())
                ids.Enqueue(one.GetString()!);
        }

        return taken;
    }

    // Google's ids are the same for all accounts.
    public string PlaceOf(string folder) => $"google-drive {folder}";

    public async Task<Outcome<IReadOnlyList<SinkEntry>>> FindAsync(string folder, string name, CancellationToken cancellationToken)
    {
        var query = $"'{DriveSource.Escaped(folder)}' in parents and name = '{DriveSource.Escaped(name)}' and trashed = false";
        var answer = await client.JsonAsync(
            "files.list", HttpMethod.Get,
            client.Files("", ("q", query), ("pageSize", $"{MostFound}"), ("fields", $"files({DriveItems.Fields})"),
                ("supportsAllDrives", "true"), ("includeItemsFromAllDrives", "true")),
            cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Json.TryGetProperty("files", out var files) || files.ValueKind != JsonValueKind.Array)
            return new StorageFault(FaultKind.Transient, "Google Drive sent a list that cannot be read.");
        if (AnswerLimits.CountFault(files, MostFound) is { } tooMany)
            return tooMany;
        // The query ignores more differences of names than required.
        return files.EnumerateArray().Select(DriveItems.ToSink).Where(entry => entry.Name == name).ToList();
    }

    public async Task<Outcome<SinkEntry>> MakeFolderAsync(string folder, string name, string? id, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["name"] = name, ["parents"] = new JsonArray(folder), ["mimeType"] = DriveItems.FolderType };
        if (id is not null)
            body["id"] = id;
        var answer = await client.JsonAsync(
            "files.create", HttpMethod.Post, client.Files("", ("fields", DriveItems.Fields), ("supportsAllDrives", "true")),
            JsonSerializer.SerializeToUtf8Bytes(body), cancellationToken);
        if (answer.Ok)
            return DriveItems.ToSink(answer.Value.Json);
        return answer.Fault.Kind == FaultKind.Taken && id is not null ? await StatAsync(id, cancellationToken) : answer.Fault;
    }

    public async Task<Outcome<SinkEntry>> StatAsync(string id, CancellationToken cancellationToken)
    {
        var answer = await GetAsync(id, cancellationToken);
        return answer.Ok ? DriveItems.ToSink(answer.Value.Json) : answer.Fault;
    }

    public async Task<Outcome<SinkSession>> BeginAsync(SinkFile file, CancellationToken cancellationToken)
    {
        var body = new JsonObject();
        if (file.Modified is { } modified)
            body["modifiedTime"] = DriveItems.TimeText(modified);
        if (file.Replaces is null)
        {
            body["name"] = file.Name;
            body["parents"] = new JsonArray(file.Folder);
            if (file.Id is not null)
                body["id"] = file.Id;
        }

        var address = client.Address(
            "/upload/drive/v3/files" + (file.Replaces is { } replaces ? "/" + Uri.EscapeDataString(replaces) : ""),
            ("uploadType", "resumable"), ("supportsAllDrives", "true"), ("fields", DriveItems.Fields));
        var method = file.Replaces is null ? HttpMethod.Post : HttpMethod.Patch;
        var answer = await client.AskAsync(
            "upload.begin",
            () =>
            {
                var message = DriveClient.Message(method, address, JsonSerializer.SerializeToUtf8Bytes(body));
                if (file.MediaType is { } type)
                    _ = message.Headers.TryAddWithoutValidation("X-Upload-Content-Type", type);
                message.Headers.Add("X-Upload-Content-Length", file.Size.ToString(CultureInfo.InvariantCulture));
                return message;
            },
            withToken: true, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Succeeded)
            return client.FaultOf(answer.Value, session: false);
        return answer.Value.Headers.Location is { IsAbsoluteUri: true } location
            ? new SinkSession(location.AbsoluteUri, null) { Repeatable = file.Id is not null }
            : new StorageFault(FaultKind.Transient, "Google Drive returned no address for an upload.");
    }

    public async Task<Outcome<SinkProgress>> PutAsync(
        string session, SinkFile file, long offset, IPiece piece, CancellationToken cancellationToken)
    {
        // The last piece creates the file.
        if (offset + piece.Length == file.Size && await ConditionFaultAsync(file, cancellationToken) is { } other)
            return other;
        using var message = DriveClient.Message(HttpMethod.Put, new Uri(session), null);
        message.Content = new PieceContent(piece);
        // An empty file has no range; its total alone ends the upload.
        message.Content.Headers.ContentRange = piece.Length == 0
            ? new ContentRangeHeaderValue(file.Size)
            : new ContentRangeHeaderValue(offset, offset + piece.Length - 1, file.Size);
        var answer = await client.SendPieceAsync("upload.put", message, cancellationToken);
        return answer.Ok ? ProgressOf(answer.Value, file) : answer.Fault;
    }

    public async Task<Outcome<SinkProgress>> QueryAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        var answer = await client.AskAsync(
            "upload.query",
            () =>
            {
                var message = DriveClient.Message(HttpMethod.Put, new Uri(session), null);
                message.Content = new ByteArrayContent([]);
                message.Content.Headers.ContentRange = new ContentRangeHeaderValue(file.Size);
                return message;
            },
            withToken: false, cancellationToken);
        return answer.Ok ? ProgressOf(answer.Value, file) : answer.Fault;
    }

    public async Task<Outcome<SinkEntry>> CommitAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        // The last piece creates the file, so a query returns that it exists.
        var asked = await QueryAsync(session, file, cancellationToken);
        if (!asked.Ok)
            return asked.Fault;
        return asked.Value.Made is { } made
            ? made
            : new StorageFault(FaultKind.SessionLost, "Google Drive has all bytes but made no file; the upload starts again.");
    }

    public Task AbortAsync(string session, CancellationToken cancellationToken) => client.AskAsync(
        "upload.abort", () => DriveClient.Message(HttpMethod.Delete, new Uri(session), null), withToken: false, cancellationToken);

    public async Task<StorageFault?> DiscardAsync(SinkEntry made, CancellationToken cancellationToken)
    {
        var answer = await client.JsonAsync(
            "files.delete", HttpMethod.Delete, client.Files("/" + Uri.EscapeDataString(made.Id), ("supportsAllDrives", "true")),
            cancellationToken);
        return answer.Fault;
    }

    private Task<Outcome<JsonBox>> GetAsync(string id, CancellationToken cancellationToken) => client.JsonAsync(
        "files.get", HttpMethod.Get,
        client.Files("/" + Uri.EscapeDataString(id), ("fields", DriveItems.Fields), ("supportsAllDrives", "true")), cancellationToken);

    private Outcome<SinkProgress> ProgressOf(ShortAnswer answer, SinkFile file)
    {
        if (answer.Status == HttpStatusCode.PermanentRedirect)
        {
            // Without the header nothing is stored yet.
            return !answer.Headers.TryGetValues("Range", out var ranges)
                ? new SinkProgress(0, null)
                : Kept(ranges.First()) is { } kept
                    ? new SinkProgress(kept, null)
                    : new StorageFault(FaultKind.Transient, "Google Drive sent a range that cannot be read.");
        }

        if (!answer.Succeeded)
            return client.FaultOf(answer, session: true);
        return answer.Json() is { } json && DriveItems.ToSink(json) is { Id.Length: > 0 } made
            ? new SinkProgress(file.Size, made)
            : new StorageFault(FaultKind.Transient, "Google Drive sent an answer that cannot be read.");
    }

    private static long? Kept(string range) =>
        range.StartsWith("bytes=0-", StringComparison.Ordinal)
        && long.TryParse(range["bytes=0-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last + 1 : null;
}
