using System.Text;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// The last part of an address, read from the request line itself: the framework's own decoding leaves %2F as it is and so cannot be told
/// from a name with a per cent sign. Decoded once, as UTF-8.
/// </summary>
internal static class RawName
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>False when an escape is broken or the bytes are not UTF-8.</summary>
    public static bool TryRead(string rawTarget, string prefix, out string name)
    {
        name = "";
        var path = PathOf(rawTarget);
        if (!path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            return false;
        var escaped = path[prefix.Length..];
        var bytes = new byte[escaped.Length];
        var count = 0;
        for (var i = 0; i < escaped.Length; i++)
        {
            var c = escaped[i];
            if (c > '~')
                return false;
            if (c != '%')
            {
                bytes[count++] = (byte)c;
                continue;
            }

            if (i + 2 >= escaped.Length
                || !byte.TryParse(escaped.Slice(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value))
                return false;
            bytes[count++] = value;
            i += 2;
        }

        try
        {
            name = Strict.GetString(bytes, 0, count);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a part of the path is "." or "..", escaped or not: proxies and servers disagree on what such an address means.
    /// </summary>
    public static bool HasDotSegment(string rawTarget)
    {
        var path = PathOf(rawTarget);
        foreach (var part in path.Split('/'))
        {
            var rest = path[part];
            var dots = 0;
            while (!rest.IsEmpty)
            {
                var used = rest[0] == '.' ? 1 : rest.StartsWith("%2e", StringComparison.OrdinalIgnoreCase) ? 3 : 0;
                if (used == 0)
                    break;
                dots++;
                rest = rest[used..];
            }

            if (rest.IsEmpty && dots is 1 or 2)
                return true;
        }

        return false;
    }

    // The target is a path, or a whole address when a proxy asks (RFC 9112, 3.2.2).
    private static ReadOnlySpan<char> PathOf(string rawTarget)
    {
        var target = rawTarget.AsSpan();
        var query = target.IndexOf('?');
        if (query >= 0)
            target = target[..query];
        if (target.StartsWith("/"))
            return target;
        var host = target.IndexOf("://", StringComparison.Ordinal);
        if (host < 0)
            return target;
        target = target[(host + 3)..];
        var slash = target.IndexOf('/');
        return slash < 0 ? "/" : target[slash..];
    }
}
