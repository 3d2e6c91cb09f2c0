using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Emulators.S3;

/// <summary>
/// What the address of a request names, read from the bytes that came: a server that normalizes paths would take two keys for one.
/// </summary>
/// <param name="Bucket">The bucket; empty for the service.</param>
/// <param name="Key">The key, with one character for each byte; empty for the bucket.</param>
internal sealed record S3Target(string Bucket, string Key, IReadOnlyList<(string Name, string Value)> Query, string CanonicalPath)
{
    public string CanonicalQuery => string.Join(
        '&', Query.Select(one => $"{Encoded(one.Name, true)}={Encoded(one.Value, true)}").Order(StringComparer.Ordinal));

    public string? this[string name] => Query.FirstOrDefault(one => one.Name == name) is { Name: not null } found ? found.Value : null;

    public static S3Target Of(HttpContext http)
    {
        var raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var mark = raw.IndexOf('?');
        var path = mark < 0 ? raw : raw[..mark];
        var decoded = Decoded(path[1..], plus: false);
        var slash = decoded.IndexOf('/');
        return new S3Target(
            slash < 0 ? decoded : decoded[..slash], slash < 0 ? "" : decoded[(slash + 1)..],
            mark < 0
                ? []
                : [.. raw[(mark + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
                    .Select(pair => (Decoded(pair[0], true), pair.Length > 1 ? Decoded(pair[1], true) : ""))],
            "/" + Encoded(decoded, slash: false));
    }

    /// <summary>Bytes as characters.</summary>
    public static string Decoded(string text, bool plus)
    {
        var made = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '%' && at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]))
            {
                _ = made.Append((char)Convert.ToByte(text.Substring(at + 1, 2), 16));
                at += 2;
            }
            else
            {
                _ = made.Append(text[at] == '+' && plus ? ' ' : text[at]);
            }
        }

        return made.ToString();
    }

    /// <summary>Percent-encodes bytes as signatures want them.</summary>
    /// <param name="slash">Whether slashes are encoded, too.</param>
    public static string Encoded(string bytes, bool slash)
    {
        var made = new StringBuilder(bytes.Length);
        foreach (var one in bytes)
        {
            if (char.IsAsciiLetterOrDigit(one) || one is '-' or '.' or '_' or '~' || (one == '/' && !slash))
                _ = made.Append(one);
            else
                _ = made.Append('%').Append(((byte)one).ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return made.ToString();
    }

    /// <summary>The bytes of a text as characters.</summary>
    public static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public static string Text(string bytes) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));
}
