using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Uploads;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Files;

/// <summary>A finished file as a representation: its validators, and the headers that make it safe to hand out.</summary>
internal sealed class FileContent(Upload upload)
{
    private static readonly string[] Written =
    [
        HeaderNames.AcceptRanges, HeaderNames.ETag, HeaderNames.LastModified, HeaderNames.CacheControl, HeaderNames.ContentDisposition,
        HeaderNames.ContentEncoding, DigestHeaders.ReprDigest,
    ];

    /// <summary>
    /// The word among an upload's facts for the coding that its bytes have, where they have one: they are given out as they came.
    /// </summary>
    public const string CodingFact = "content-encoding";

    public Upload Upload { get; } = upload;

    public long Size { get; } = upload.Size ?? upload.ReceivedBytes;

    /// <summary>
    /// Made of the id: its content never changes, and unlike the SHA-256, which may still be computed, the id is there from the first
    /// download on, so that a download begun before can be gone on with after.
    /// </summary>
    public EntityTagHeaderValue ETag { get; } = new($"\"{upload.Id}\"");

    /// <summary>HTTP knows whole seconds only.</summary>
    public DateTimeOffset LastModified { get; } = WholeSeconds(upload.CompletedAt ?? upload.StateAt);

    public IReadOnlyList<ByteRange> Whole => [new ByteRange(0, Size)];

    public void WriteHeaders(IHeaderDictionary headers)
    {
        headers.AcceptRanges = "bytes";
        headers.ETag = ETag.ToString();
        headers.LastModified = HeaderUtilities.FormatDate(LastModified);
        // Whoever keeps a copy asks again with the key before using it.
        headers.CacheControl = "private, no-cache";
        headers.ContentDisposition = ContentDisposition.Attachment(Upload.FileName);
        // Nothing that a client uploaded may run in this origin, even where a browser ignores the attachment.
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (Upload.Facts.GetValueOrDefault(CodingFact) is { } coding)
            headers.ContentEncoding = coding;
        if (Upload.Sha256 is { } digest)
            headers[DigestHeaders.ReprDigest] = DigestField.Write(digest);
    }

    /// <summary>For an answer that is no representation of the file after all.</summary>
    public static void ClearHeaders(IHeaderDictionary headers)
    {
        foreach (var name in Written)
            headers.Remove(name);
        headers.CacheControl = "no-store";
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => time.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerSecond))
        .ToUniversalTime();
}
