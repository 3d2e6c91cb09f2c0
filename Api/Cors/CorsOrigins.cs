using System.Buffers;

namespace ChunkUpload.Api.Cors;

/// <summary>
/// The allowed origins (T165). Regular expressions are not supported: an unescaped dot or a missing anchor would admit other origins, and
/// patterns for subdomains are sufficient.
/// </summary>
internal sealed class CorsOrigins(IReadOnlyList<string> allowed)
{
    public const string Any = "*";
    public const string None = "none";
    private const string Null = "null";
    private const string Below = "://*.";

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

    public bool AllowsAny { get; } = allowed.Contains(Any);

    public bool IsEmpty { get; } = allowed.Count == 0 || allowed.Contains(None);

    public bool Allows(string origin)
    {
        if (AllowsAny)
            return true;
        foreach (var pattern in allowed)
        {
            if (Matches(pattern, origin))
                return true;
        }

        return false;
    }

    /// <summary>Returns why the pattern is invalid, or null.</summary>
    public static string? Fault(string pattern)
    {
        if (pattern is Any or Null or None)
            return null;
        var plain = pattern.Replace(Below, "://", StringComparison.Ordinal);
        if (!Uri.TryCreate(plain, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return "is not an origin such as https://app.example.org";
        if (plain.Contains('*', StringComparison.Ordinal))
            return "has its asterisk elsewhere than at the beginning of the name, as in https://*.example.org";
        // The form that browsers send: scheme, host and a non-default port, without a path or trailing slash.
        return plain.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase) && uri.UserInfo.Length == 0
            ? null
            : $"must be written as browsers send it: {uri.GetLeftPart(UriPartial.Authority)}";
    }

    private static bool Matches(string pattern, string origin)
    {
        var at = pattern.IndexOf(Below, StringComparison.Ordinal);
        if (at < 0)
            return pattern.Equals(origin, StringComparison.OrdinalIgnoreCase);
        var scheme = pattern.AsSpan(0, at + 3);
        // Include the dot, so that neither the domain itself nor other names with the same ending match.
        var end = pattern.AsSpan(at + Below.Length - 1);
        if (origin.Length <= scheme.Length + end.Length
            || !origin.AsSpan().StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            || !origin.AsSpan().EndsWith(end, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return !origin.AsSpan(scheme.Length, origin.Length - scheme.Length - end.Length).ContainsAnyExcept(NameCharacters);
    }
}
