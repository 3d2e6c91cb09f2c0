using System.CommandLine;
using ChunkUpload.Cli.Admin;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Cli.Doctor;
using ChunkUpload.Cli.Manual;
using ChunkUpload.Cli.Projects;
using ChunkUpload.Cli.Sharing;
using ChunkUpload.Cli.Sync;
using ChunkUpload.Cli.Watching;

namespace ChunkUpload.Cli;

/// <summary>All verbs. The options here hold for each of them.</summary>
internal static class CommandTree
{
    public static Option<string?> Url { get; } = Shared(
        "--url", "The service's address, or that of a link. Default: CU_URL, then the profile's.");

    public static Option<string?> Profile { get; } = Shared("--profile", "The profile to use. Default: CU_PROFILE, then the current one.");

    public static Option<string?> KeyFile { get; } = Shared(
        "--key-file", "A file with the key. Default: CU_KEY or CU_KEY_FILE, then the profile's.");

    public static Option<string?> Space { get; } = Shared(
        "--space", "The id of the space in which paths are; the default one if left out.");

    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print one JSON object a line, and nothing else.",
        Recursive = true,
    };

    public static Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "Print no progress and no notes, only results and errors.",
        Recursive = true,
    };

    public static Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "Print the details: retries, resumed and restarted transfers.",
        Recursive = true,
    };

    public static Option<string?> LogFile { get; } = Shared("--log-file", "Append what --verbose prints to a file, with the time.");

    public static Option<string?> RetryFor { get; } = Shared(
        "--retry-for", "How long to retry without progress, such as 30s or 12h. Default: 6h for the network, 1h for the service.");

    public static Option<int?> Attempts { get; } = new("--attempts")
    {
        Description = "How many attempts without progress are made; 1 gives up at the first failure.",
        Recursive = true,
    };

    public static RootCommand Create()
    {
        var root = new RootCommand(
            "Uploads files to a ChunkUpload service and downloads them. After any failure, the same command resumes where it ended.");
        foreach (var option in new Option[] { Url, Profile, KeyFile, Space, Json, Quiet, Verbose, LogFile, RetryFor, Attempts })
            root.Add(option);
        foreach (var command in (Command[])
        [
            UpVerb.Create(), GetVerb.Create(),
            SyncVerb.Create(), ConflictsVerb.Create(),
            CheckVerb.Create(),
            WatchVerb.Create(),
            .. TreeVerbs.Create(), .. FolderVerbs.Create(), .. TrashVerbs.Create(), VersionVerbs.Create(), DecryptVerb.Create(),
            ShareVerb.Create(),
            KeysVerb.Create(),
            TransferVerbs.Create(),
            AdminVerb.Create(),
            DoctorVerb.Create(),
            BenchVerb.Create(),
            AgentVerb.Create(), .. QueueVerbs.Create(), HistoryVerb.Create(),
            ProjectVerbs.Create(),
            .. ProfileVerbs.Create(),
            .. EncryptionFlags.CreateVerbs(),
            CompletionVerb.Create(),
            ManVerb.Create(),
        ])
            root.Add(command);
        RefuseNumbers(root);
        HelpWithExamples.AddTo(root);
        return root;
    }

    /// <summary>The parser takes numbers for words, also those that stand for none.</summary>
    private static void RefuseNumbers(Command command)
    {
        foreach (var option in command.Options)
        {
            var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
            if (!type.IsEnum)
                continue;
            var words = Enum.GetNames(type).Select(name => name.ToLowerInvariant()).ToList();
            option.Validators.Add(result =>
            {
                if (result.Tokens.FirstOrDefault(token => !words.Contains(token.Value.ToLowerInvariant())) is { } wrong)
                    result.AddError($"{wrong.Value} is no value for {option.Name}: {string.Join(", ", words)}.");
            });
        }

        foreach (var below in command.Subcommands)
            RefuseNumbers(below);
    }

    private static Option<string?> Shared(string name, string description) => new(name) { Description = description, Recursive = true };
}
