using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Files;

/// <summary>
/// Determines the media type of a response: the declared one if browsers never execute content of this type, otherwise
/// application/octet-stream. The type of an attachment still determines whether a page may load it as a script, so only harmless types are
/// listed.
/// </summary>
internal static class ServedType
{
    public const string Bytes = "application/octet-stream";

    private static readonly FrozenSet<string> Harmless = new[]
    {
        "text/plain", "text/csv", "text/markdown", "text/tab-separated-values", "text/calendar",
        "image/apng", "image/avif", "image/bmp", "image/gif", "image/heic", "image/heif", "image/jpeg", "image/jxl", "image/png",
        "image/tiff", "image/webp", "image/x-icon",
        "application/epub+zip", "application/gzip", "application/json", "application/msword", "application/pdf", "application/rtf",
        "application/vnd.rar", "application/x-7z-compressed", "application/x-bzip2", "application/x-ndjson", "application/x-tar",
        "application/x-xz", "application/zip", "application/zstd",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] HarmlessFamilies =
    [
        "audio/", "font/", "video/", "application/vnd.ms-", "application/vnd.oasis.opendocument.",
        "application/vnd.openxmlformats-officedocument.",
    ];

    // With other charsets, a browser may interpret harmless text as markup.
    private static readonly string[] Charsets = ["utf-8", "us-ascii", "iso-8859-1"];

    public static string Of(string declared)
    {
        if (!MediaTypeHeaderValue.TryParse(declared, out var type) || type.MediaType.Value is not { } name)
            return Bytes;
        if (!Harmless.Contains(name)
            && (name.EndsWith("+xml", StringComparison.OrdinalIgnoreCase)
                || !HarmlessFamilies.Any(family => name.StartsWith(family, StringComparison.OrdinalIgnoreCase))))
            return Bytes;
        return type.Charset.HasValue && !Charsets.Contains(type.Charset.Value!.Trim('"'), StringComparer.OrdinalIgnoreCase)
            ? name
            : declared;
    }
}
