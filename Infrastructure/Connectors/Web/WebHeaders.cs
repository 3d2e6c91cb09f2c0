using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ChunkUpload.Infrastructure.Connectors.Web;

/// <summary>Reads the headers of a response about a file. Servers write them in many ways, so invalid values are ignored.</summary>
internal static class WebHeaders
{
    private static readonly TimeSpan StrongAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Returns the name in Content-Disposition (RFC 6266), without folders and invalid characters; null if there is none.
    /// </summary>
    public static string? Name(HttpResponseMessage answer)
    {
        if (Text(answer.Content.Headers, "Content-Disposition") is not { } field)
            return null;
        string? plain = null;
        foreach (var (key, value) in Parameters(field))
        {
            if (key == "filename*" && Extended(value) is { } extended && WebAddress.SafeName(extended) is { } named)
                return named;
            if (key == "filename")
                plain ??= WebAddress.SafeName(Utf8(value));
        }

        return plain;
    }

    /// <summary>
    /// Returns the validator for ranges of one version: a strong ETag, or a time of change that is older than the response (RFC 9110,
    /// 8.8.2.2).
    /// </summary>
    public static RangeConditionHeaderValue? Validator(HttpResponseMessage answer)
    {
        if (answer.Headers.ETag is { IsWeak: false } tag)
            return new RangeConditionHeaderValue(tag);
        return answer.Content.Headers.LastModified is { } changed && answer.Headers.Date is { } date && date - changed >= StrongAfter
            ? new RangeConditionHeaderValue(changed)
            : null;
    }

    /// <summary>Returns whether the response has a content coding, so that its bytes are not those of the file.</summary>
    public static bool IsEncoded(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentEncoding.Any(one => !one.Equals("identity", StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns the SHA-256 of the whole file (RFC 9530 and RFC 3230), which a partial response may also contain.</summary>
    public static IReadOnlyDictionary<DigestKind, string> Digests(HttpResponseMessage answer)
    {
        var found = new Dictionary<DigestKind, string>();
        if ((Digest(answer, "Repr-Digest", "sha-256", 32) ?? Digest(answer, "Digest", "sha-256", 32)) is { } sha256)
            found[DigestKind.Sha256] = Convert.ToHexStringLower(sha256);
        return found;
    }

    /// <summary>Returns the SHA-256 of the bytes of this response; null if it has none.</summary>
    public static byte[]? Sha256OfBody(HttpResponseMessage answer) => Digest(answer, "Content-Digest", "sha-256", 32);

    /// <summary>
    /// Returns the MD5 of the bytes of this response. The header Digest refers to the whole file, so it is only used for a complete
    /// response.
    /// </summary>
    public static byte[]? Md5OfBody(HttpResponseMessage answer) =>
        Bytes(Text(answer.Content.Headers, "Content-MD5"), 16)
        ?? (answer.StatusCode == HttpStatusCode.OK ? Digest(answer, "Digest", "md5", 16) : null);

    /// <summary>Decodes UTF-8 bytes that were read as Latin-1.</summary>
    public static string Utf8(string text)
    {
        if (Ascii.IsValid(text) || text.Any(letter => letter > byte.MaxValue))
            return text;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Encoding.Latin1.GetBytes(text));
        }
        catch (DecoderFallbackException)
        {
            return text;
        }
    }

    private static string? Text(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static byte[]? Digest(HttpResponseMessage answer, string header, string algorithm, int length)
    {
        var text = Text(answer.Headers, header) ?? Text(answer.Content.Headers, header);
        foreach (var part in text?.Split(',') ?? [])
        {
            var (key, value) = part.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (part[..at], part[(at + 1)..]) : (part, "");
            // In a structured field, the bytes are between colons.
            if (key.Trim().Equals(algorithm, StringComparison.OrdinalIgnoreCase) && Bytes(value.Trim().Trim(':'), length) is { } bytes)
                return bytes;
        }

        return null;
    }

    private static byte[]? Bytes(string? base64, int length)
    {
        var bytes = new byte[length];
        return base64 is not null && Convert.TryFromBase64String(base64.Trim(), bytes, out var written) && written == length ? bytes : null;
    }

    private static IEnumerable<(string Key, string Value)> Parameters(string field)
    {
        // The first part is the type: attachment, inline.
        for (var at = field.IndexOf(';', StringComparison.Ordinal); at >= 0 && at < field.Length;)
        {
            var equals = field.IndexOf('=', at);
            if (equals < 0)
                yield break;
            var key = field[(at + 1)..equals].Trim().ToLowerInvariant();
            var value = new StringBuilder();
            at = equals + 1;
            while (at < field.Length && field[at] == ' ')
                at++;
            var quoted = at < field.Length && field[at] == '"';
            if (quoted)
                at++;
            for (; at < field.Length && field[at] != (quoted ? '"' : ';'); at++)
            {
                // Some servers do not escape the backslashes of Windows paths.
                if (quoted && field[at] == '\\' && at + 1 < field.Length && field[at + 1] is '"' or '\\')
                    at++;
                _ = value.Append(field[at]);
            }

            yield return (key, quoted ? value.ToString() : value.ToString().Trim());
            at = at < field.Length ? field.IndexOf(';', at) : -1;
        }
    }

    /// <summary>Decodes a value of RFC 8187, such as <c>UTF-8''na%C3%AFve.txt</c>; null if it is invalid.</summary>
    private static string? Extended(string value)
    {
        var parts = value.Split('\'', 3);
        if (parts.Length < 3)
            return null;
        var bytes = new List<byte>();
        var text = parts[2];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && byte.TryParse(
                text.AsSpan(i + 1, 2), System.Globalization.NumberStyles.HexNumber, null, out var one))
            {
                bytes.Add(one);
                i += 2;
            }
            else if (text[i] <= byte.MaxValue)
                bytes.Add((byte)text[i]);
        }

        try
        {
            return parts[0].ToUpperInvariant() switch
            {
                "UTF-8" => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]),
                "ISO-8859-1" => Encoding.Latin1.GetString([.. bytes]),
                _ => null,
            };
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
