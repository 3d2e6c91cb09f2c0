using System.Text;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// Reads the last segment of an address from the request line, because the framework's decoding keeps %2F and so cannot distinguish it from
/// an escaped percent sign. The segment is decoded once, as UTF-8.
/// </summary>
internal static class RawName
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Returns false if an escape is broken or the bytes are not UTF-8.</summary>
    public static bool TryRead(string rawTarget, string prefix, out string name)
    {
        name = "";
        var path = PathOf(rawTarget);
        return path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && TryDecode(path[prefix.Length..], out name);
    }

    /// <summary>
    /// Reads the names that follow a prefix. Each is decoded separately, so an escaped slash is part of a name and not a separator.
    /// </summary>
    /// <param name="slash">Whether the address ends with a slash.</param>
    public static bool TryReadPath(string rawTarget, string prefix, out List<string> names, out bool slash)
    {
        names = [];
        var path = PathOf(rawTarget);
        slash = path.EndsWith("/");
        if (!path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            return false;
        var rest = path[prefix.Length..].TrimStart('/');
        if (rest.EndsWith("/"))
            rest = rest[..^1];
        if (rest.IsEmpty)
            return true;
        foreach (var part in rest.Split('/'))
        {
            if (!TryDecode(rest[part], out var name))
                return false;
            names.Add(name);
        }

        return true;
    }

    private static bool TryDecode(ReadOnlySpan<char> escaped, out string name)
    {
        name = "";
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

    /// <summary>Returns whether a path segment is "." or "..", escaped or not: proxies and servers disagree about such addresses.</summary>
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

    // The target is a path, or an absolute address when a proxy sends it (RFC 9112, 3.2.2).
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
