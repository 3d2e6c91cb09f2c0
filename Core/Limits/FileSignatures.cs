namespace ChunkUpload.Core.Limits;

/// <summary>
/// Compares a declared media type with the beginning of the file. Knows a few common formats, and those that do harm under another type.
/// An unknown beginning contradicts no type.
/// </summary>
public static class FileSignatures
{
    /// <summary>The number of bytes at the beginning of a file that are compared.</summary>
    public const int Length = 512;

    private static readonly Signature[] All =
    [
        new("a PNG image", ["image/png", "image/apng"], ["image/"], head => Begins(head, [0x89, .. "PNG\r\n\x1a\n"u8])),
        new("a JPEG image", ["image/jpeg", "image/jpg", "image/pjpeg"], ["image/"], head => Begins(head, [0xFF, 0xD8, 0xFF])),
        new("a GIF image", ["image/gif"], ["image/"], head => Begins(head, "GIF87a"u8) || Begins(head, "GIF89a"u8)),
        new("a WebP image", ["image/webp"], ["image/"], head => Begins(head, "RIFF"u8) && Has(head, 8, "WEBP"u8)),
        new("a PDF document", ["application/pdf"], ["application/"], head => Begins(head, "%PDF-"u8)),
        new("a ZIP archive", ["application/zip", "application/x-zip-compressed", "application/epub+zip", "application/java-archive",
            "application/vnd.openxmlformats-officedocument.*", "application/vnd.oasis.opendocument.*"], ["application/", "model/"],
            head => Begins(head, "PK\x3\x4"u8) || Begins(head, "PK\x5\x6"u8) || Begins(head, "PK\x7\x8"u8)),
        new("an MP4 or QuickTime video", ["video/mp4", "video/x-m4v", "video/quicktime", "video/3gpp", "audio/mp4", "audio/x-m4a",
            "image/heic", "image/heif", "image/avif"], ["video/", "audio/", "image/", "application/"],
            head => Has(head, 4, "ftyp"u8) || Has(head, 4, "moov"u8) || Has(head, 4, "mdat"u8) || Has(head, 4, "wide"u8)
                || Has(head, 4, "free"u8) || Has(head, 4, "skip"u8)),
        new("an MP3 file", ["audio/mpeg", "audio/mp3"], ["audio/"],
            head => Begins(head, "ID3"u8) || (head.Length > 1 && head[0] == 0xFF && (head[1] & 0xE0) == 0xE0)),
        new("a gzip file", ["application/gzip", "application/x-gzip"], ["application/", "image/svg+xml"],
            head => Begins(head, [0x1F, 0x8B])),
        new("a 7z archive", ["application/x-7z-compressed"], ["application/"], head => Begins(head, [.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C])),
        new("a RAR archive", ["application/vnd.rar", "application/x-rar-compressed"], ["application/"],
            head => Begins(head, "Rar!\x1a\x7"u8)),
        new("a program", ["application/x-elf", "application/x-executable"], ["application/x-"], head => Begins(head, [0x7F, .. "ELF"u8])),
        new("a Windows program", ["application/vnd.microsoft.portable-executable", "application/x-msdownload", "application/x-dosexec"],
            ["application/x-"], head => Begins(head, "MZ"u8) && head.Length > 0x3B && head[2..0x3C].ContainsAnyInRange((byte)0, (byte)8)),
        new("a script", [], ["text/", "application/x-", "application/javascript"],
            head => Begins(head, "#!"u8) && head.Length > 2 && head[2] is (byte)'/' or (byte)' '),
        new("an HTML page", [], ["text/", "application/xhtml+xml", "application/x-", "message/", "multipart/"], IsHtml),
    ];

    /// <summary>Returns one sentence, or null if a file of the type may begin in this way.</summary>
    /// <param name="contentType">The type that the client declares.</param>
    /// <param name="head">The first <see cref="Length"/> bytes, or all bytes of a shorter file.</param>
    public static string? Fault(string contentType, ReadOnlySpan<byte> head)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        var declared = (end < 0 ? contentType : contentType[..end]).Trim().ToLowerInvariant();
        // application/octet-stream claims nothing, and an empty file fits every type.
        if (head.IsEmpty || declared == "application/octet-stream")
            return null;
        Signature? claimed = null, found = null;
        foreach (var one in All)
        {
            var claims = Array.Exists(one.Types, type => Claims(type, declared));
            if (claims)
                claimed = one;
            if (one.Fits(head))
            {
                if (claims)
                    return null;
                found ??= one;
            }
        }

        if (claimed is not null)
            return $"The file was declared as {declared}, but does not begin like {claimed.Name}.";
        return found is null || found.MayBe.Any(prefix => declared.StartsWith(prefix, StringComparison.Ordinal))
            ? null
            : $"The file was declared as {declared}, but begins like {found.Name}.";
    }

    // A type that ends with * is a prefix.
    private static bool Claims(string type, string declared) =>
        type.EndsWith('*') ? declared.StartsWith(type[..^1], StringComparison.Ordinal) : declared == type;

    private static bool Begins(ReadOnlySpan<byte> head, ReadOnlySpan<byte> with) => head.StartsWith(with);

    private static bool Has(ReadOnlySpan<byte> head, int at, ReadOnlySpan<byte> what) => head.Length >= at && head[at..].StartsWith(what);

    // Browsers recognize HTML by white space and then one of these tags, in any case.
    private static bool IsHtml(ReadOnlySpan<byte> head)
    {
        if (Begins(head, [0xEF, 0xBB, 0xBF]))
            head = head[3..];
        head = head.TrimStart(" \t\r\n\f"u8);
        foreach (var tag in (ReadOnlySpan<string>)["<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<title", "<style"])
        {
            if (head.Length >= tag.Length && System.Text.Ascii.EqualsIgnoreCase(head[..tag.Length], tag))
                return true;
        }

        return false;
    }

    private delegate bool Fitting(ReadOnlySpan<byte> head);

    /// <param name="Name">The name with its article, for a sentence.</param>
    /// <param name="Types">The types whose files always begin in this way.</param>
    /// <param name="MayBe">The beginnings of types that are built on the format.</param>
    private sealed record Signature(string Name, string[] Types, string[] MayBe, Fitting Fits);
}
