namespace ChunkUpload.Api.Wire;

/// <summary>Finds the known name that a misspelt one probably means.</summary>
internal static class NearestName
{
    private const int LongestName = 64;

    /// <returns>Null when more than a third of the letters differ from every name.</returns>
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName)
            return null;
        var plain = Plain(name);
        var (nearest, least) = ((string?)null, int.MaxValue);
        foreach (var candidate in known)
        {
            var distance = Distance(plain, Plain(candidate));
            if (distance < least && distance <= Math.Max(1, candidate.Length / 3))
                (nearest, least) = (candidate, distance);
        }

        return nearest;
    }

    // file_name, file-name and FileName all mean fileName.
    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    // The edit distance: insertions, removals, replacements and swaps of neighbours.
    private static int Distance(string from, string to)
    {
        var (beforeLast, last, current) = (new int[to.Length + 1], Enumerable.Range(0, to.Length + 1).ToArray(), new int[to.Length + 1]);
        for (var i = 1; i <= from.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(last[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[to.Length];
    }
}
