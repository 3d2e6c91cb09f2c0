using System.CommandLine;

namespace ChunkUpload.Cli;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Suggestion
{
    private const int MostChanges = 2;

    /// <summary>Returns the verb or option with the name that is most similar to a word.</summary>
    /// <returns>Null if none is near.</returns>
    public static string? For(string word, Command command)
    {
        var isOption = word.StartsWith('-');
        var names = isOption
            ? command.Options.Concat(command.Parents.OfType<Command>().SelectMany(above => above.Options.Where(option => option.Recursive)))
                .Where(option => !option.Hidden).Select(option => option.Name)
            : command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name);
        return names.Select(name => (Name: name, Changes: Changes(word, name)))
            .Where(one => one.Changes <= Math.Min(MostChanges, Math.Max(1, one.Name.TrimStart('-').Length / 2)))
            .OrderBy(one => one.Changes).ThenBy(one => one.Name, StringComparer.Ordinal).FirstOrDefault().Name;
    }

    /// <summary>The number of letters to insert, remove, replace or swap with their neighbour (optimal string alignment).</summary>
    internal static int Changes(string one, string other)
    {
        var (before, last, row) = (new int[other.Length + 1], Enumerable.Range(0, other.Length + 1).ToArray(), new int[other.Length + 1]);
        for (var at = 1; at <= one.Length; at++)
        {
            row[0] = at;
            for (var to = 1; to <= other.Length; to++)
            {
                var same = one[at - 1] == other[to - 1] ? 0 : 1;
                row[to] = Math.Min(Math.Min(row[to - 1], last[to]) + 1, last[to - 1] + same);
                if (at > 1 && to > 1 && one[at - 1] == other[to - 2] && one[at - 2] == other[to - 1])
                    row[to] = Math.Min(row[to], before[to - 2] + 1);
            }

            (before, last, row) = (last, row, before);
        }

        return last[other.Length];
    }
}
