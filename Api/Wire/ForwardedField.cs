using System.Buffers;

namespace ChunkUpload.Api.Wire;

/// <summary>One proxy's report about the request that it received; null if it reports nothing.</summary>
internal sealed record ForwardedHop(string? For, string? Proto, string? Host)
{
    public string? Port { get; init; }

    public string? Prefix { get; init; }
}

/// <summary>Parses <c>Forwarded</c> (RFC 7239): one element per proxy, the nearest last.</summary>
internal static class ForwardedField
{
    private static readonly SearchValues<char> EndOfName = SearchValues.Create("=,;\" \t");

    /// <summary>Returns null when any part is malformed: a partly guessed list cannot be trusted.</summary>
    public static List<ForwardedHop>? Read(string text)
    {
        var hops = new List<ForwardedHop>();
        var hop = new ForwardedHop(null, null, null);
        var at = 0;
        while (true)
        {
            SkipBlanks(text, ref at);
            if (at < text.Length && text[at] is not (',' or ';') && !ReadPair(text, ref at, ref hop))
                return null;
            SkipBlanks(text, ref at);
            if (at == text.Length)
            {
                hops.Add(hop);
                return hops;
            }

            switch (text[at++])
            {
                case ';':
                    break;
                case ',':
                    hops.Add(hop);
                    hop = new ForwardedHop(null, null, null);
                    break;
                default:
                    return null;
            }
        }
    }

    private static bool ReadPair(string text, ref int at, ref ForwardedHop hop)
    {
        var equals = text.AsSpan(at).IndexOfAny(EndOfName);
        if (equals <= 0 || text[at + equals] != '=')
            return false;
        var name = text.AsSpan(at, equals);
        at += equals + 1;
        if (ReadValue(text, ref at) is not { } value)
            return false;
        if (name.Equals("for", StringComparison.OrdinalIgnoreCase))
            hop = hop with { For = value };
        else if (name.Equals("proto", StringComparison.OrdinalIgnoreCase))
            hop = hop with { Proto = value };
        else if (name.Equals("host", StringComparison.OrdinalIgnoreCase))
            hop = hop with { Host = value };
        return true;
    }

    private static string? ReadValue(string text, ref int at)
    {
        if (at == text.Length || text[at] != '"')
        {
            var begin = at;
            while (at < text.Length && text[at] is not (',' or ';' or ' ' or '\t' or '"'))
                at++;
            return at > begin ? text[begin..at] : null;
        }

        var value = new System.Text.StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at++;
                return value.ToString();
            }

            if (text[at] == '\\' && ++at == text.Length)
                return null;
            value.Append(text[at]);
        }

        return null;
    }

    private static void SkipBlanks(string text, ref int at)
    {
        while (at < text.Length && text[at] is (' ' or '\t'))
            at++;
    }
}
