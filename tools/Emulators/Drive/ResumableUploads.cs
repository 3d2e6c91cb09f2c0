using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Drive;

/// <summary>The requests of a resumable upload after its beginning. Their address is the credential.</summary>
internal sealed class ResumableUploads(Uploads uploads, EmulatorContext context)
{
    /// <summary>Only whole blocks of an unfinished upload are kept.</summary>
    public const int Block = 256 * 1024;

    public void Map(DriveRouter router)
    {
        foreach (var files in (string[])[Uploads.Files, Uploads.Files + "/{id}"])
        {
            router.MapOpen("PUT", files, "upload.chunk", PutAsync);
            router.MapOpen("DELETE", files, "upload.cancel", CancelAsync);
        }

        // Some clients send chunks by POST, with which others begin.
        router.MapOpen("POST", Uploads.Files, "files.create", http => IsChunk(http)
            ? PutAsync(http)
            : router.RunAsync(http, DriveNeed.Write, DriveRouter.ModifyUnits, call => uploads.AcceptAsync(call, null)));
        router.MapOpen("POST", Uploads.Files + "/{id}", "upload.chunk", PutAsync);
        router.Map(
            "PATCH",
            Uploads.Files + "/{id}",
            "files.update",
            DriveNeed.Write,
            DriveRouter.ModifyUnits,
            call => uploads.AcceptAsync(call, call.Id));
    }

    private static bool IsChunk(HttpContext http) => http.Request.Query.ContainsKey("upload_id");

    private async Task PutAsync(HttpContext http)
    {
        if (!IsChunk(http))
        {
            // Google begins no upload by PUT, but does not refuse it either: the answer has no address to go on with.
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            return;
        }

        var session = uploads.Find(http.Request.Query["upload_id"]) ?? throw Gone();
        http.Journal().Operation = "upload.chunk";
        http.Journal().Account = session.Call.Caller.Email;
        http.Response.Headers["X-GUploader-UploadID"] = session.Id;
        var before = session.Current;
        var current = session.Current = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        await before.CancelAsync();
        await session.Slot.WaitAsync(http.RequestAborted);
        try
        {
            await ReceiveAsync(http, session, current.Token);
        }
        finally
        {
            session.Slot.Release();
        }
    }

    private async Task ReceiveAsync(HttpContext http, UploadSession session, CancellationToken cancellationToken)
    {
        var header = http.Request.Headers.ContentRange.ToString();
        ContentRangeHeader range;
        if (header.Length > 0)
            range = ContentRangeHeader.Parse(header) ?? throw Wrong("Failed to parse Content-Range header.");
        else if (http.Request.ContentLength is { } length)
            // A body without a range is the whole content.
            range = new ContentRangeHeader(0, length - 1, length == 0 && session.Total > 0 ? null : length, IsQuestion: length == 0);
        else
            range = new ContentRangeHeader(0, long.MaxValue - 1, session.Total, false);
        if (session.Finished is { } finished)
        {
            await http.Request.Body.CopyToAsync(Stream.Null, cancellationToken);
            await DriveCall.AnswerAsync(http, finished);
            return;
        }

        if (range.Total is { } total && session.Total is { } declared && total != declared)
            throw Wrong($"The Content-Range header says {total} bytes; the upload was begun with {declared}.");
        if (range.IsQuestion)
        {
            session.Total ??= range.Total;
            if (session.Writer.Length == session.Total)
                await FinishAsync(http, session);
            else
                Incomplete(http, session);
            return;
        }

        if (range.From != session.Writer.Length)
        {
            await http.Request.Body.CopyToAsync(Stream.Null, cancellationToken);
            Incomplete(http, session);
            return;
        }

        if (header.Length > 0 && range.To >= session.Total)
            throw Wrong($"The Content-Range header ends behind the {session.Total} bytes with which the upload was begun.");
        var isLast = range.To + 1 == (range.Total ?? session.Total);
        if (!isLast && header.Length > 0 && (range.To - range.From + 1) % Block != 0)
            throw Wrong($"Chunks before the last one must be multiples of {Block} bytes.");
        if (header.Length > 0 && http.Request.ContentLength is { } sent && sent != range.To - range.From + 1)
            throw Wrong($"The Content-Range header says {range.To - range.From + 1} bytes; the body has {sent}.");
        session.Total ??= range.Total;
        var ended = await AppendAsync(http, session, range, isLast, cancellationToken);
        if (header.Length == 0)
            session.Total ??= ended ? session.Writer.Length : null;
        if (ended && session.Writer.Length == session.Total)
            await FinishAsync(http, session);
        else
            Incomplete(http, session);
    }

    /// <summary>Keeps whole blocks as they arrive, and the rest only of a body that ends as it said.</summary>
    private async Task<bool> AppendAsync(
        HttpContext http, UploadSession session, ContentRangeHeader range, bool isLast, CancellationToken cancellationToken)
    {
        // A server may keep less than it was sent; it keeps one block at least, so that an upload comes to an end.
        var hasRange = http.Request.Headers.ContentRange.Count > 0;
        var keep = isLast || !hasRange
            ? long.MaxValue
            : Math.Max(Block, (range.To - range.From + 1 - context.Switches.Number("keepBytesLess")) / Block * Block);
        var buffer = new byte[Block];
        while (true)
        {
            var read = await http.Request.Body.ReadAtLeastAsync(buffer, Block, throwOnEndOfStream: false, cancellationToken);
            if (read == 0)
                return true;
            var isWhole = read == Block;
            if (!isWhole && hasRange && !isLast)
                throw Wrong("The body ended early.");
            if (keep > 0)
                await session.Writer.AppendAsync(buffer.AsMemory(0, read), CancellationToken.None);
            keep -= read;
            if (!isWhole)
                return true;
        }
    }

    private async Task FinishAsync(HttpContext http, UploadSession session)
    {
        try
        {
            session.Finished = uploads.Finish(
                session.Call, session.FileId, session.Metadata, session.Writer.Finish(), session.ContentType ?? TypeOf(http));
        }
        catch (DriveException)
        {
            await uploads.ForgetAsync(session);
            throw;
        }

        await DriveCall.AnswerAsync(http, session.Finished);
    }

    private static string? TypeOf(HttpContext http) =>
        http.Request.ContentType is { Length: > 0 } type && !type.StartsWith("application/json", StringComparison.Ordinal) ? type : null;

    private static void Incomplete(HttpContext http, UploadSession session)
    {
        http.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        if (session.Writer.Length > 0)
            http.Response.Headers.Range = $"bytes=0-{session.Writer.Length - 1}";
        http.Response.ContentLength = 0;
    }

    private async Task CancelAsync(HttpContext http)
    {
        var session = uploads.Find(http.Request.Query["upload_id"]) ?? throw Gone();
        await uploads.ForgetAsync(session);
        // What Google's uploaders answer: the client has closed the request.
        http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
    }

    private static DriveException Gone() => new(404, "notFound", "The upload session does not exist, or it has ended.");

    private static DriveException Wrong(string message) => new(400, "badRequest", message);
}
