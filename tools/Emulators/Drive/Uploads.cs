using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ChunkUpload.Emulators.Drive;

/// <summary>Simple and multipart uploads, and the beginning of resumable ones.</summary>
internal sealed class Uploads(DriveStore store, DriveView view, FileEdits edits, DriveLimits limits, EmulatorContext context)
    : IAsyncDisposable
{
    public const string Files = "/upload/drive/v3/files";

    private static readonly TimeSpan SessionLife = TimeSpan.FromDays(7);

    private readonly ConcurrentDictionary<string, UploadSession> _sessions = [];

    public UploadSession? Find(string? id)
    {
        if (id is null || !_sessions.TryGetValue(id, out var session))
            return null;
        return session.Ends > context.Clock.GetUtcNow() ? session : null;
    }

    public async Task ForgetAsync(UploadSession session)
    {
        if (_sessions.TryRemove(session.Id, out _))
            await session.DisposeAsync();
    }

    /// <summary>All sessions end, as they do after a week.</summary>
    public void ExpireAll()
    {
        foreach (var session in _sessions.Values)
            session.Ends = DateTimeOffset.MinValue;
    }

    /// <summary>Makes the file, or the new revision, of a content that has arrived in full.</summary>
    public JsonNode Finish(DriveCall call, string? fileId, JsonObject metadata, StoredContent content, string? contentType)
    {
        try
        {
            lock (store.Gate)
            {
                var file = fileId is null
                    ? edits.Create(metadata, call, content, contentType)
                    : edits.Update(fileId, metadata, call, content, contentType);
                limits.CountUpload(call.Caller.Email, content.Length);
                return view.File(file, call.Caller, call.Fields);
            }
        }
        catch (DriveException)
        {
            content.Release();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions.Values)
            await ForgetAsync(session);
    }

    public Task AcceptAsync(DriveCall call, string? fileId)
    {
        limits.RequireUploadAllowance(call.Caller.Email);
        return (call.Query("uploadType") ?? call.Http.Request.Headers["X-Goog-Upload-Protocol"].ToString()) switch
        {
            "resumable" => BeginAsync(call, fileId),
            "multipart" => MultipartAsync(call, fileId),
            "media" => MediaAsync(call, fileId),
            var other => throw DriveException.Invalid("uploadType", $"Invalid upload type '{other}'."),
        };
    }

    private async Task BeginAsync(DriveCall call, string? fileId)
    {
        var metadata = await call.BodyAsync();
        var headers = call.Http.Request.Headers;
        long? total = long.TryParse(headers["X-Upload-Content-Length"], out var length) ? length : null;
        Check(call, fileId, metadata, total);
        // A wrong selection is refused before anything is sent.
        if (call.Fields is { Length: > 0 } fields)
            FieldSelector.Parse(fields);
        var session = new UploadSession(context.Content.Create(context.Options.Sink || context.Switches.IsOn("sink")))
        {
            Id = "A" + Ids.Random(90, Ids.Base64Url),
            Call = call,
            Metadata = metadata,
            FileId = fileId,
            ContentType = headers["X-Upload-Content-Type"] is [{ Length: > 0 } type, ..] ? type : null,
            Total = total,
            Ends = context.Clock.GetUtcNow() + SessionLife,
        };
        _sessions[session.Id] = session;
        var request = call.Http.Request;
        var query = QueryString.Create(request.Query.Where(pair => pair.Key != "upload_id")
            .SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value)))
            .Add("upload_id", session.Id);
        var response = call.Http.Response;
        // By the name that the client used, so that it also works behind another one.
        response.Headers.Location = $"{request.Scheme}://{request.Host}{request.Path}{query}";
        response.Headers["X-GUploader-UploadID"] = session.Id;
        response.ContentLength = 0;
    }

    private void Check(DriveCall call, string? fileId, JsonObject metadata, long? total)
    {
        lock (store.Gate)
        {
            if (fileId is null)
            {
                var parent = edits.CheckCreate(metadata, call);
                store.RequireSpace(call.Caller.Email, store.Find(parent)!.DriveId, total ?? 0);
                return;
            }

            var file = edits.CheckUpdate(fileId, metadata, call);
            store.RequireSpace(file.Owner ?? call.Caller.Email, file.DriveId, total ?? 0, file.Head?.Content.Length ?? 0);
        }
    }

    private async Task MediaAsync(DriveCall call, string? fileId)
    {
        var content = await ReceiveAsync(call.Http.Request.Body, call.Aborted);
        await call.AnswerAsync(Finish(call, fileId, [], content, call.Http.Request.ContentType));
    }

    /// <summary><c>multipart/related</c>: the metadata as JSON, then the content.</summary>
    private async Task MultipartAsync(DriveCall call, string? fileId)
    {
        var type = call.Http.Request.ContentType is { } text ? Microsoft.Net.Http.Headers.MediaTypeHeaderValue.Parse(text) : null;
        var boundary = Microsoft.Net.Http.Headers.HeaderUtilities.RemoveQuotes(type?.Boundary ?? default).Value;
        if (string.IsNullOrEmpty(boundary))
            throw new DriveException(400, "badContent", "Missing multipart boundary.");
        var reader = new MultipartReader(boundary, call.Http.Request.Body) { BodyLengthLimit = null };
        var first = await reader.ReadNextSectionAsync(call.Aborted) ?? throw new DriveException(400, "badContent", "Missing metadata.");
        var metadata = DriveCall.ParseBody(await new StreamReader(first.Body).ReadToEndAsync(call.Aborted));
        Check(call, fileId, metadata, null);
        var second = await reader.ReadNextSectionAsync(call.Aborted) ?? throw new DriveException(400, "badContent", "Missing content.");
        var content = await ReceiveAsync(second.Body, call.Aborted);
        await call.AnswerAsync(Finish(call, fileId, metadata, content, second.ContentType));
    }

    private async Task<StoredContent> ReceiveAsync(Stream body, CancellationToken cancellationToken)
    {
        await using var writer = context.Content.Create(context.Options.Sink || context.Switches.IsOn("sink"));
        var buffer = new byte[256 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
            await writer.AppendAsync(buffer.AsMemory(0, read), cancellationToken);
        return writer.Finish();
    }
}
