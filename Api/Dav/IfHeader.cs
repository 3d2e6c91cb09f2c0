namespace ChunkUpload.Api.Dav;

/// <summary>A list of the If header (RFC 4918, 10.4): conditions on a resource, all of which must be met.</summary>
/// <param name="Resource">The address as it was sent; null for the resource of the request.</param>
internal sealed record IfList(string? Resource, IReadOnlyList<IfCondition> Conditions);

/// <param name="Token">A state token without its brackets; null if an ETag is named.</param>
/// <param name="Tag">The value of an ETag without quotes; a weak one never matches, so it keeps its W/.</param>
internal sealed record IfCondition(bool Not, string? Token, string? Tag);

/// <summary>Parses the If header.</summary>
internal static class IfHeader
{
    /// <summary>The number of lists. Each is compared under the lock of a space.</summary>
    public const int MaxLists = 100;

    /// <returns>Null if the header is malformed, or has too many lists.</returns>
    public static IReadOnlyList<IfList>? Parse(string text)
    {
        var lists = new List<IfList>();
        string? resource = null;
        var tagged = false;
        var empty = false;
        var rest = text.AsSpan().Trim();
        while (!rest.IsEmpty)
        {
            if (rest[0] == '<')
            {
                // A resource has at least one list, and lists with and without resources are not mixed.
                if (empty || (lists.Count > 0 && !tagged) || Until(ref rest, '>') is not { } named)
                    return null;
                (resource, tagged, empty) = (named, true, true);
            }
            else if (rest[0] == '(')
            {
                if (lists.Count == MaxLists || Conditions(ref rest) is not { } conditions)
                    return null;
                lists.Add(new IfList(resource, conditions));
                empty = false;
            }
            else
            {
                return null;
            }

            rest = rest.TrimStart();
        }

        return empty || lists.Count == 0 ? null : lists;
    }

    private static List<IfCondition>? Conditions(ref ReadOnlySpan<char> rest)
    {
        var conditions = new List<IfCondition>();
        rest = rest[1..].TrimStart();
        while (!rest.IsEmpty && rest[0] != ')')
        {
            var not = rest.StartsWith("Not", StringComparison.OrdinalIgnoreCase);
            if (not)
                rest = rest[3..].TrimStart();
            if (rest.IsEmpty)
                return null;
            if (rest[0] == '<' && Until(ref rest, '>') is { Length: > 0 } token)
                conditions.Add(new IfCondition(not, token, null));
            else if (rest[0] == '[' && Until(ref rest, ']') is { } tag && TagOf(tag) is { } value)
                conditions.Add(new IfCondition(not, null, value));
            else
                return null;
            rest = rest.TrimStart();
        }

        if (rest.IsEmpty || conditions.Count == 0)
            return null;
        rest = rest[1..];
        return conditions;
    }

    private static string? TagOf(string text) => text is ['"', .., '"'] and { Length: >= 2 } ? text[1..^1]
        : text.StartsWith("W/\"", StringComparison.Ordinal) && text.EndsWith('"') ? text
        : null;

    /// <summary>Reads the text between the first character and this one.</summary>
    private static string? Until(ref ReadOnlySpan<char> rest, char end)
    {
        var length = rest.IndexOf(end);
        if (length < 0)
            return null;
        var found = rest[1..length].ToString();
        rest = rest[(length + 1)..];
        return found;
    }
}
