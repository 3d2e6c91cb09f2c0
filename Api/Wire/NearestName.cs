namespace ChunkUpload.Api.Wire;

/// <summary>Finds the known name that a misspelt one most likely stands for.</summary>
internal static class NearestName
{
    /// <summary>
    /// The known name with the fewest edits (a letter inserted, removed, replaced, or two neighbours swapped), case ignored. Null where
    /// more than a third of the letters would have to change: a suggestion that far off confuses more than it helps.
    /// </summary>
    public static string? Of(string given, IEnumerable<string> known)
    {
        string? nearest = null;
        var fewest = Math.Max(given.Length / 3, 1) + 1;
        foreach (var name in known)
        {
            // A difference in length alone costs that many edits: most names need no table.
            if (Math.Abs(name.Length - given.Length) >= fewest || Edits(given, name) is var edits && edits >= fewest)
                continue;
            (nearest, fewest) = (name, edits);
        }

        return nearest;
    }

    /// <summary>The optimal string alignment distance, with three rows of its table.</summary>
    private static int Edits(string from, string to)
    {
        var beforeLast = new int[to.Length + 1];
        var last = new int[to.Length + 1];
        var current = new int[to.Length + 1];
        for (var column = 0; column <= to.Length; column++)
            last[column] = column;
        for (var row = 1; row <= from.Length; row++)
        {
            current[0] = row;
            for (var column = 1; column <= to.Length; column++)
            {
                var replaced = last[column - 1] + (Same(from[row - 1], to[column - 1]) ? 0 : 1);
                current[column] = Math.Min(replaced, Math.Min(last[column], current[column - 1]) + 1);
                if (row > 1 && column > 1 && Same(from[row - 1], to[column - 2]) && Same(from[row - 2], to[column - 1]))
                    current[column] = Math.Min(current[column], beforeLast[column - 2] + 1);
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[to.Length];
    }

    private static bool Same(char one, char other) => char.ToUpperInvariant(one) == char.ToUpperInvariant(other);
}
