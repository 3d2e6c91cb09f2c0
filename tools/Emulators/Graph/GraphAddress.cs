namespace ChunkUpload.Emulators.Graph;

/// <summary>
/// An address below a drive: an item by id or the root, then a path in the colon syntax, then what is asked of that item.
/// </summary>
/// <param name="ItemId">The id where the path begins; null for the root.</param>
/// <param name="Path">Names below that item, from the top.</param>
/// <param name="Action">The rest without its leading slash: "content", "children", "delta(token='x')" or empty.</param>
/// <param name="HasPath">Whether the colon syntax was used, even with an empty path.</param>
internal sealed record GraphAddress(string? ItemId, IReadOnlyList<string> Path, string Action, bool HasPath)
{
    /// <summary>Parses what follows the drive: "/root:/a/b.txt:/content", "/items/01ABC/children".</summary>
    /// <param name="rest">The decoded rest; neither a slash nor a colon can be part of a name.</param>
    public static GraphAddress? Parse(string rest)
    {
        string? itemId;
        if (StartsWithWord(rest, "/root"))
            (itemId, rest) = (null, rest["/root".Length..]);
        else if (rest.StartsWith("/items/", StringComparison.OrdinalIgnoreCase))
        {
            rest = rest["/items/".Length..];
            var end = rest.AsSpan().IndexOfAny('/', ':');
            itemId = end < 0 ? rest : rest[..end];
            rest = end < 0 ? "" : rest[end..];
            if (itemId.Length == 0)
                return null;
            if (itemId.Equals("root", StringComparison.OrdinalIgnoreCase))
                itemId = null;
        }
        else
            return null;

        if (!rest.StartsWith(':'))
            return new GraphAddress(itemId, [], Tail(rest), HasPath: false);
        var close = rest.IndexOf(':', 1);
        var path = close < 0 ? rest[1..] : rest[1..close];
        return new GraphAddress(
            itemId,
            path.Split('/', StringSplitOptions.RemoveEmptyEntries),
            close < 0 ? "" : Tail(rest[(close + 1)..]),
            HasPath: true);
    }

    private static string Tail(string rest) => rest.Trim('/');

    private static bool StartsWithWord(string text, string word) =>
        text.StartsWith(word, StringComparison.OrdinalIgnoreCase)
        && (text.Length == word.Length || text[word.Length] is '/' or ':');
}
