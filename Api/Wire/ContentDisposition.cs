using System.Text;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// Writes <c>Content-Disposition: attachment</c> with a name for old and new clients (RFC 6266, RFC 8187). The header is always one line of
/// printable ASCII, because names come from several protocols and from older versions of the service.
/// </summary>
internal static class ContentDisposition
{
    public static string Attachment(string fileName)
    {
        var safe = FileNameRule.MakeSafe(fileName);
        var result = new StringBuilder("attachment; filename=\"", 64 + (safe.Length * 2));
        var ascii = true;
        foreach (var rune in safe.EnumerateRunes())
        {
            // Some browsers decode percent signs, and some misread the escapes of quotes and backslashes.
            var plain = rune.Value is >= ' ' and <= '~' and not ('"' or '\\' or '%');
            ascii &= plain;
            result.Append(plain ? (char)rune.Value : '_');
        }

        result.Append('"');
        if (ascii)
            return result.ToString();
        result.Append("; filename*=UTF-8''");
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in safe.EnumerateRunes())
        {
            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                if (IsAttributeChar((char)b))
                    result.Append((char)b);
                else
                    result.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return result.ToString();
    }

    // RFC 8187, attr-char.
    private static bool IsAttributeChar(char c) => char.IsAsciiLetterOrDigit(c)
        || c is '!' or '#' or '$' or '&' or '+' or '-' or '.' or '^' or '_' or '`' or '|' or '~';
}
