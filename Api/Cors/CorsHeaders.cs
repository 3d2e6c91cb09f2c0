namespace ChunkUpload.Api.Cors;

/// <summary>
/// The headers that pages may send and read, for all protocols (T160-T162). They are listed one by one, because an asterisk does not
/// include Authorization, and has no effect with credentials.
/// </summary>
internal static class CorsHeaders
{
    public static IReadOnlyList<string> Methods { get; } = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <summary>The request headers.</summary>
    public static IReadOnlyList<string> Allowed { get; } =
    [
        "Accept", "Authorization", "Cache-Control", "Content-Type", "Content-Disposition", "Content-Encoding", "Content-Range", "Origin",
            "Prefer", "Range",
        "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range",
        "X-Requested-With", "X-Request-ID", "X-HTTP-Method-Override", "X-CSRF-Token", "Traceparent", "Tracestate",
        "Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata", "Upload-Defer-Length", "Upload-Concat", "Upload-Checksum",
        "Upload-Complete", "Upload-Incomplete", "Upload-Draft-Interop-Version", "Upload-Limit", "Incremental",
        "Content-Digest", "Repr-Digest", "Want-Repr-Digest", "Want-Content-Digest", "X-Chunk-SHA256", "X-Content-SHA256", "X-OC-Mtime",
        "Idempotency-Key", "Upload-Client",
    ];

    /// <summary>The response headers.</summary>
    public static IReadOnlyList<string> Exposed { get; } =
    [
        "Location", "Retry-After", "Allow", "WWW-Authenticate", "X-Request-ID", "X-Error-Code",
        "Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Defer-Length", "Upload-Concat", "Upload-Expires", "Upload-Checksum",
        "Tus-Version", "Tus-Resumable", "Tus-Max-Size", "Tus-Extension", "Tus-Checksum-Algorithm",
        "Upload-Complete", "Upload-Incomplete", "Upload-Draft-Interop-Version", "Upload-Limit", "Upload-Advice", "Accept-Patch",
        "Content-Digest", "Repr-Digest", "Want-Content-Digest", "Idempotency-Replayed",
        "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Date",
    ];
}
