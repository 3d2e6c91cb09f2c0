using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Drive;

/// <summary>Contents of files, of old revisions, and exported documents.</summary>
internal sealed class Downloads(DriveStore store, DriveLimits limits)
{
    /// <summary>Exports above this size are refused.</summary>
    private const long MostExported = 10_000_000;

    public DriveLimits Limits => limits;

    public Task FileAsync(DriveCall call)
    {
        StoredContent content;
        string mimeType;
        lock (store.Gate)
        {
            var file = Readable(call);
            content = file.Head!.Content.Retain();
            mimeType = file.MimeType;
        }

        return SendAsync(call, content, mimeType);
    }

    public Task RevisionAsync(DriveCall call, Func<DriveFile, DriveRevision> find)
    {
        StoredContent content;
        string mimeType;
        lock (store.Gate)
        {
            var revision = find(Readable(call));
            content = revision.Content.Retain();
            mimeType = revision.MimeType;
        }

        return SendAsync(call, content, mimeType);
    }

    public async Task ExportAsync(DriveCall call)
    {
        var mimeType = call.Query("mimeType") ?? throw DriveException.Invalid("mimeType", "Required parameter: mimeType");
        byte[] bytes;
        lock (store.Gate)
        {
            var file = store.Get(call.Id, call.Caller, call.SupportsAllDrives);
            if (ExportedDocuments.FormatsOf(file.MimeType).Count == 0)
                throw DriveException.Because("fileNotExportable");
            if (!ExportedDocuments.FormatsOf(file.MimeType).Contains(mimeType))
                throw new DriveException(400, "badRequest", "The requested conversion is not supported.", "mimeType");
            if (file.ExportBytes > MostExported)
                throw DriveException.Because("exportSizeLimitExceeded");
            bytes = ExportedDocuments.Make(file, mimeType);
        }

        limits.CountDownload(call.Caller.Email, bytes.Length);
        var response = call.Http.Response;
        response.ContentType = mimeType;
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, call.Aborted);
    }

    private DriveFile Readable(DriveCall call)
    {
        if (!call.Caller.MayReadContent)
            throw DriveException.Because("insufficientPermissions");
        limits.Count(call.Caller.Email, DriveRouter.DownloadUnits);
        var file = store.Get(call.Id, call.Caller, call.SupportsAllDrives);
        if (file.Head is null)
            throw DriveException.Because("fileNotDownloadable");
        var isOwner = store.RoleOf(file, call.Caller.Email) == DriveStore.Owner;
        if (!file.CanDownload && !isOwner)
            throw DriveException.Because("cannotDownloadFile");
        if (file.IsAbusive && !(isOwner && call.Flag("acknowledgeAbuse")))
            throw DriveException.Because("cannotDownloadAbusiveFile");
        limits.RequireDownloadAllowance(call.Caller.Email);
        return file;
    }

    private async Task SendAsync(DriveCall call, StoredContent content, string mimeType)
    {
        try
        {
            if (!content.IsReadable)
                throw new DriveException(500, "internalError", "The emulator throws content away (--sink).");
            var http = call.Http;
            var range = ByteRange.Parse(http.Request.Headers.Range, content.Length, out var satisfiable);
            http.Response.Headers.AcceptRanges = "bytes";
            if (!satisfiable)
            {
                http.Response.Headers.ContentRange = $"bytes */{content.Length}";
                throw DriveException.Because("requestedRangeNotSatisfiable");
            }

            var (from, count) = range is { } asked ? (asked.From, asked.Length) : (0, content.Length);
            if (range is not null)
            {
                count = Math.Min(count, FaultMiddleware.TruncatedRange(http) ?? count);
                http.Response.StatusCode = StatusCodes.Status206PartialContent;
                http.Response.Headers.ContentRange = $"bytes {from}-{from + count - 1}/{content.Length}";
            }

            http.Response.ContentType = mimeType;
            http.Response.ContentLength = count;
            http.Response.Headers.ContentDisposition = "attachment";
            http.Response.Headers.CacheControl = "private, max-age=0, must-revalidate";
            limits.CountDownload(call.Caller.Email, count);
            await content.CopyToAsync(http.Response.Body, from, count, call.Aborted);
        }
        finally
        {
            content.Release();
        }
    }
}
