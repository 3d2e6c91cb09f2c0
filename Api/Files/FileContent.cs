using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Tree;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Files;

/// <summary>A finished file as a representation: its validators, and the headers that make it safe to serve.</summary>
/// <param name="entry">The entry of the tree that is requested; it has the name and the time.</param>
internal sealed class FileContent(Upload upload, Entry? entry = null)
{
    private static readonly string[] Written =
    [
        HeaderNames.AcceptRanges, HeaderNames.ETag, HeaderNames.LastModified, HeaderNames.CacheControl, HeaderNames.ContentDisposition,
        HeaderNames.ContentEncoding, DigestHeaders.ReprDigest,
    ];

    /// <summary>The key in an upload's protocol state for the content coding of its bytes, which are sent as they were received.</summary>
    public const string CodingKey = "content-encoding";

    public Upload Upload { get; } = upload;

    public string ContentType { get; } = ServedType.Of(upload.ContentType);

    public long Size { get; } = upload.Size ?? upload.ReceivedBytes;

    /// <summary>
    /// Derived from the id: a file's content never changes. The SHA-256 may still be computed at the first download; the id is always
    /// available, so a download can be resumed later.
    /// </summary>
    public EntityTagHeaderValue ETag { get; } = new($"\"{upload.Id}\"");

    /// <summary>HTTP dates have whole seconds.</summary>
    public DateTimeOffset LastModified { get; } = WholeSeconds(entry?.Modified.ToTime() ?? upload.CompletedAt ?? upload.StateAt);

    public IReadOnlyList<ByteRange> Whole => [new ByteRange(0, Size)];

    public void WriteHeaders(IHeaderDictionary headers)
    {
        headers.AcceptRanges = "bytes";
        headers.ETag = ETag.ToString();
        headers.LastModified = HeaderUtilities.FormatDate(LastModified);
        // Caches must revalidate, with the key, before they reuse a copy.
        headers.CacheControl = "private, no-cache";
        headers.ContentDisposition = ContentDisposition.Attachment(entry?.Name ?? Upload.FileName);
        // Uploaded content must not run in this origin, even if a browser ignores the attachment.
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (Upload.ProtocolState.GetValueOrDefault(CodingKey) is { } coding)
            headers.ContentEncoding = coding;
        if (Upload.Sha256 is { } digest)
            headers[DigestHeaders.ReprDigest] = DigestField.Write(digest);
    }

    /// <summary>Removes the headers if the response does not represent the file.</summary>
    public static void ClearHeaders(IHeaderDictionary headers)
    {
        foreach (var name in Written)
            headers.Remove(name);
        headers.CacheControl = "no-store";
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => time.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerSecond))
        .ToUniversalTime();
}
