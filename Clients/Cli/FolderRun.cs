using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>What cu up, get and sync have in common for folders: their options, and how they tell what happened.</summary>
internal sealed class FolderRun
{
    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Leave out what matches this pattern in gitignore syntax; may be given several times.",
    };

    private readonly Option<string[]> _include = new("--include")
    {
        Description = "Include files that match this pattern, although another pattern leaves them out.",
    };

    private readonly Option<string[]> _excludeFrom = new("--exclude-from") { Description = "Read such patterns from a file." };

    private readonly Option<LinkPolicy> _links = new("--links") { Description = "Symbolic links in folders: keep, follow or skip." };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Folders: show what would happen, and change nothing." };

    private readonly Option<bool> _deleteExtra = new("--delete-extra")
    {
        Description = "Folders: delete files at the target that the source does not have, after everything else has succeeded.",
    };

    private readonly Option<bool> _allowEmpty = new("--allow-empty")
    {
        Description = "With --delete-extra: delete everything if the source is empty.",
    };

    private readonly Option<int?> _maxDelete = new("--max-delete")
    {
        Description = "With --delete-extra: delete nothing if it would be more files than this.",
    };

    private readonly Option<bool> _checksum = new("--checksum")
    {
        Description = "Folders: compare by SHA-256 and not by size and time.",
    };

    private readonly Option<bool> _update = new("--update")
    {
        Description = "Folders: leave files that are newer at the target; cu get replaces those that are older.",
    };

    private readonly Option<string?> _minSize = new("--min-size") { Description = "Folders: leave out smaller files, such as 10K." };

    private readonly Option<string?> _maxAge = new("--max-age")
    {
        Description = "Folders: leave out files that were changed longer ago, such as 7d.",
    };

    private readonly Option<string?> _filesFrom = new("--files-from")
    {
        Description = "Folders: only the paths below the folder that a file lists, one a line.",
    };

    private readonly Option<int?> _atOnce = new("--at-once") { Description = "Folders: how many files are sent at a time." };

    public void AddTo(Command command)
    {
        AddChoiceTo(command);
        foreach (var option in (Option[])
            [_dryRun, _deleteExtra, _allowEmpty, _maxDelete, _checksum, _update, _minSize, _maxAge, _filesFrom, _atOnce])
            command.Add(option);
    }

    /// <summary>Adds the options that select entries of a folder.</summary>
    public void AddChoiceTo(Command command)
    {
        foreach (var option in (Option[])[_exclude, _include, _excludeFrom, _links])
            command.Add(option);
    }

    public FolderOptions Read(ParseResult parse) => new()
    {
        Space = parse.GetValue(CommandTree.Space),
        Exclude =
        [
            .. (parse.GetValue(_excludeFrom) ?? []).SelectMany(Lines), .. parse.GetValue(_exclude) ?? [],
            .. (parse.GetValue(_include) ?? []).Select(pattern => "!" + pattern),
        ],
        Links = parse.GetValue(_links),
        DryRun = parse.GetValue(_dryRun),
        DeleteExtra = parse.GetValue(_deleteExtra),
        AllowEmpty = parse.GetValue(_allowEmpty),
        MaxDelete = parse.GetValue(_maxDelete),
        Checksum = parse.GetValue(_checksum),
        Update = parse.GetValue(_update),
        MinSize = parse.GetValue(_minSize) is { } size ? Figures.ParseBytes(size) : 0,
        MaxAge = parse.GetValue(_maxAge) is { } age ? Figures.ParseTime(age) : null,
        Only = parse.GetValue(_filesFrom) is { } list
            ? [.. Lines(list).Select(PathIn).Where(path => path.Length > 0)]
            : null,
        AtOnce = parse.GetValue(_atOnce),
    };

    /// <summary>Returns whether options are given that mean nothing for a single file, which would be moved all the same.</summary>
    public static bool AreForFoldersOnly(FolderOptions options) =>
        options.DryRun || options.DeleteExtra || options.AllowEmpty || options.Exclude.Count > 0 || HasMore(options);

    /// <summary>Returns whether options are given that the agent does not keep.</summary>
    public static bool HasMore(FolderOptions options) => options.MaxDelete is not null || options.Checksum || options.Update
        || options.MinSize > 0 || options.MaxAge is not null || options.Only is not null || options.AtOnce is not null;

    /// <summary>Refuses what an entry of the queue cannot hold.</summary>
    public static void RefuseInBackground(FolderOptions options)
    {
        if (options.DryRun || options.AllowEmpty || HasMore(options))
        {
            throw new UsageException(
                "--dry-run, --allow-empty, --max-delete, --checksum, --update, --min-size, --max-age, --files-from and --at-once are for "
                + "the foreground.");
        }
    }

    /// <param name="source">A file.</param>
    public static UsageException NotForFile(string source) => new(
        $"{source} is a file, and --dry-run, --delete-extra, patterns and what else is about folders are for folders. cu check says "
        + "whether it is there.");

    /// <param name="verb">The verb for a transferred entry, such as "sent".</param>
    /// <param name="run">Runs the transfer.</param>
    public static async Task<int> RunAsync(
        Output output, Bars bars, string name, string where, string verb, FolderOptions options,
        Func<IProgress<FolderProgress>, Task<FolderResult>> run)
    {
        FolderResult done;
        try
        {
            done = await run(new Items(output, bars.BeginFolder(name), verb, options.DryRun));
        }
        catch (TransferException failure)
        {
            return output.Fail(name, failure);
        }

        var would = options.DryRun ? "would be " : "";
        var parts = new List<string> { $"{done.Moved} {would}{verb} ({Figures.Bytes(done.MovedBytes)})" };
        if (done.Unchanged > 0)
            parts.Add($"{done.Unchanged} unchanged");
        if (done.Deleted > 0)
            parts.Add($"{done.Deleted} {would}deleted");
        if (done.Skipped > 0)
            parts.Add($"{done.Skipped} skipped");
        if (done.Failed > 0)
            parts.Add($"{done.Failed} failed" + (options.DeleteExtra && done.Deleted == 0 ? ", so nothing was deleted" : ""));
        var dry = options.DryRun ? "; this was a dry run, and nothing is changed" : "";
        output.Result(
            $"{Output.Printable(name)} → {Output.Printable(where)}: {string.Join(", ", parts)} in {Figures.Time(done.Elapsed)}{dry}",
            new JsonObject
            {
                ["ok"] = done.Failed == 0,
                ["name"] = name,
                ["target"] = where,
                ["moved"] = done.Moved,
                ["movedBytes"] = done.MovedBytes,
                ["unchanged"] = done.Unchanged,
                ["deleted"] = done.Deleted,
                ["skipped"] = done.Skipped,
                ["failed"] = done.Failed,
                ["dryRun"] = options.DryRun,
                ["notKept"] = new JsonArray([.. done.NotKept.Select(phrase => JsonValue.Create(phrase))]),
                ["seconds"] = Math.Round(done.Elapsed.TotalSeconds, 3),
            });
        TellNotKept(output, done.NotKept);
        return done.Failures is [{ Failure: { } first }, ..] ? ExitCodes.Of(first) : ExitCodes.Done;
    }

    /// <summary>Reports in one line the properties that the service does not store.</summary>
    public static void TellNotKept(Output output, IReadOnlyList<string> phrases)
    {
        if (phrases.Count > 0)
            output.Note($"Not kept at the service: {string.Join(", ", phrases)}.");
    }

    /// <summary>Returns the path in a line, which may be written as from the folder (<c>./a</c>), as find does.</summary>
    private static string PathIn(string line)
    {
        var path = line.Trim();
        return (path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path).Trim('/');
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {failure.Message}");
        }
    }

    /// <summary>Reports entries: failures and deletions always, others with --json or --dry-run.</summary>
    private sealed class Items(Output output, IProgress<FolderProgress> bar, string verb, bool dryRun) : IProgress<FolderProgress>
    {
        public void Report(FolderProgress value)
        {
            bar.Report(value);
            if (value.Item is not { State: not (FolderItemState.Unchanged or FolderItemState.Left) } item)
                return;
            var path = Output.Printable(item.Path);
            if (item.State == FolderItemState.Failed)
                output.Fail(item.Path, item.Message!, null, ExitCodes.Word(item.Failure!.Value));
            else if (item.State == FolderItemState.Skipped)
                output.Note($"{path}: skipped. {item.Message}");
            else if (output.IsJson || dryRun || item.State == FolderItemState.Deleted)
                output.Result($"{(dryRun ? "would be " : "")}{Word(item)} {path}", Fields(item));
        }

        private string Word(FolderItem item) => item.State == FolderItemState.Deleted ? "deleted" : verb;

        private JsonObject Fields(FolderItem item) => new() { ["path"] = item.Path, ["state"] = Word(item), ["size"] = item.Size };
    }
}
