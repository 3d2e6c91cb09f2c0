using System.CommandLine;

namespace ChunkUpload.Cli.Manual;

/// <summary>Puts the options in a help text into groups: those of the verb itself come first, and those of every verb last.</summary>
internal static class OptionGroups
{
    private const string Header = "Options:";
    private const string Everywhere = "Options of every verb:";

    private static readonly (string Header, string[] Options)[] Groups =
    [
        ("Options for folders:",
        [
            "--exclude", "--include", "--exclude-from", "--links", "--dry-run", "--delete-extra", "--allow-empty", "--max-delete",
            "--checksum", "--update", "--min-size", "--max-age", "--files-from", "--at-once",
        ]),
        ("Options for encryption:", ["--encrypt-to", "--identity", "--passphrase", "--encrypt-names"]),
        ("Options for the background:",
            ["--background", "--priority", "--at", "--every", "--between", "--not-metered", "--deadline"]),
    ];

    /// <param name="help">The text that the parser writes.</param>
    /// <param name="command">The verb that it is of.</param>
    public static string Arrange(string help, Command command)
    {
        var lines = help.ReplaceLineEndings("\n").Split('\n').ToList();
        var start = lines.IndexOf(Header);
        if (start < 0)
            return help;
        var end = lines.FindIndex(start, line => line.Length == 0);
        end = end < 0 ? lines.Count : end;
        List<List<string>> options = [];
        foreach (var line in lines[(start + 1)..end])
        {
            if (line.StartsWith("  -", StringComparison.Ordinal) || options.Count == 0)
                options.Add([]);
            options[^1].Add(line);
        }

        // One verb may have an option of its own with the name of one for folders.
        var isOfFolders = command.Options.Any(option => option.Name == Groups[0].Options[0]);
        var sorted = options.ToLookup(option => HeaderOf(option[0], command, isOfFolders));
        var arranged = new List<string>();
        foreach (var header in (string[])[Header, .. Groups.Select(group => group.Header), Everywhere])
        {
            if (!sorted[header].Any())
                continue;
            if (arranged.Count > 0)
                arranged.Add("");
            arranged.Add(header);
            arranged.AddRange(sorted[header].SelectMany(option => option));
        }

        return string.Join(Environment.NewLine, (string[])[.. lines[..start], .. arranged, .. lines[end..]]);
    }

    private static string HeaderOf(string line, Command command, bool isOfFolders)
    {
        var names = line.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => word[0] == '-').ToList();
        if (command is not RootCommand && !command.Options.Any(option => !option.Recursive && names.Contains(option.Name)))
            return Everywhere;
        return Groups.Skip(isOfFolders ? 0 : 1).FirstOrDefault(group => group.Options.Any(names.Contains)).Header ?? Header;
    }
}
