using System.Buffers;

namespace ChunkUpload.Api.Hosting.Proxies;

/// <summary>A request feature: the service's public address, if it differs from that of the request.</summary>
/// <param name="Host">The host, with its port unless that is the scheme's default.</param>
/// <param name="Prefix">The path prefix that the proxy adds, without a slash at its end.</param>
internal sealed record PublicUrl(string Scheme, string? Host, string Prefix)
{
    private const int LongestHost = 255;
    private const int LongestPrefix = 200;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/%!$&'()*+,;=:@");

    /// <summary>Returns null when the text is not an address of a service.</summary>
    public static PublicUrl? Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !IsScheme(uri.Scheme) || uri.UserInfo.Length > 0 || uri.Query.Length > 0
            || uri.Fragment.Length > 0)
            return null;
        var prefix = uri.AbsolutePath.TrimEnd('/');
        var host = uri.IsDefaultPort ? uri.Host : $"{uri.Host}:{uri.Port}";
        return IsHost(host) && (prefix.Length == 0 || IsPrefix(prefix)) ? new PublicUrl(uri.Scheme, host, prefix) : null;
    }

    public static bool IsScheme(string? text) => text is "http" or "https";

    /// <summary>
    /// Returns whether the text is a name, an IPv4 address or an IPv6 address in brackets, with or without a port. HTTP permits other
    /// characters, such as quotes, but only such hosts are used in addresses that are sent to clients.
    /// </summary>
    public static bool IsHost(string? text)
    {
        if (text is not { Length: > 0 and <= LongestHost })
            return false;
        var host = text.AsSpan();
        var colon = host.LastIndexOf(':');
        if (colon > host.LastIndexOf(']'))
        {
            if (!ushort.TryParse(host[(colon + 1)..], System.Globalization.NumberStyles.None, null, out var port) || port == 0)
                return false;
            host = host[..colon];
        }

        return host is ['[', _, .., ']']
            ? !host[1..^1].ContainsAnyExcept(AddressCharacters)
            : host.Length > 0 && !host.ContainsAnyExcept(NameCharacters);
    }

    public static bool IsPrefix(string? text) =>
        text is ['/', not ('/' or '\\'), .., not '/'] or ['/', not ('/' or '\\')]
        && text.Length <= LongestPrefix
        && !text.AsSpan().ContainsAnyExcept(PathCharacters)
        && !text.Contains("//", StringComparison.Ordinal)
        && !text.Split('/').Any(part => part is "." or "..");
}

/// <summary>A request feature: the request came through a trusted proxy.</summary>
internal sealed class ProxiedRequest
{
    public static ProxiedRequest Mark { get; } = new();
}
