using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace ChunkUpload.Cli.Manual;

/// <summary>The help of a verb, with its options in groups and examples at its end.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new()
    {
        ["cu"] = ["cu login https://files.example", "cu up film.mp4 --to 2026/", "cu get 2026/film.mp4", "cu ls 2026"],
        ["up"] =
        [
            "cu up film.mp4 --to 2026/", "cu up photos --to backup/photos --exclude '*.tmp'",
            "tar c photos | cu up - --to backup/photos.tar", "cu up report.pdf --to https://files.example/l/TOKEN",
        ],
        ["get"] =
        [
            "cu get 2026/film.mp4", "cu get 2026/film.mp4 copy.mp4", "cu get backup/photos photos --force",
            "cu get https://files.example/l/TOKEN -o - | ffprobe -",
        ],
        ["sync"] =
        [
            "cu sync photos :backup/photos --delete-extra", "cu sync :backup/photos photos --dry-run", "cu sync work :work --two-way",
        ],
        ["conflicts"] = ["cu conflicts", "cu conflicts decide 4f1c2a9be0 left", "cu conflicts approve work"],
        ["check"] = ["cu check photos --to backup/photos && rm -r photos"],
        ["watch"] = ["cu watch outbox --to inbox", "cu watch --remote --scope tenant"],
        ["ls"] = ["cu ls", "cu ls -r 2026 --json"],
        ["show"] = ["cu show 2026/film.mp4"],
        ["rm"] = ["cu rm 2026/draft.txt old-folder"],
        ["mv"] = ["cu mv 2026/draft.txt 2026/report.txt", "cu mv 2026/draft.txt archive/"],
        ["mkdir"] = ["cu mkdir 2026/trips/june"],
        ["cp"] = ["cu cp 2026/report.pdf archive/"],
        ["cat"] = ["cu cat logs/today.log | grep error"],
        ["du"] = ["cu du 2026", "cu du -s 2026"],
        ["df"] = ["cu df --json"],
        ["trash"] = ["cu trash", "cu trash --empty"],
        ["versions"] = ["cu versions reports/plan.csv"],
        ["restore"] =
        [
            "cu restore 2026/draft.txt", "cu restore 2026/draft.txt --to rescued/draft.txt", "cu restore reports/plan.csv --version 3",
        ],
        ["decrypt"] = ["cu decrypt plans.pdf.age -i key.txt", "cu decrypt copy.bin -i key.txt -o plans.pdf"],
        ["share"] = ["cu share 2026/film.mp4 --expires 30d", "cu share inbox --ask --max-size 1G", "cu share --list"],
        ["keys"] = ["cu keys", "cu keys add backup --right upload list --days 90"],
        ["transfers"] = ["cu transfers --state running", "cu transfers show ID", "cu transfers pause ID"],
        ["admin"] = ["cu admin tenants", "cu admin limits set user:ann storedBytes 10G"],
        ["admin tenants"] = ["cu admin tenants add acme --title 'Acme Ltd'", "cu admin tenants suspend acme"],
        ["admin limits"] =
        [
            "cu admin limits user:ann", "cu admin limits set user:ann receiveBandwidth 2M", "cu admin limits set default:key files none",
        ],
        ["doctor"] = ["cu doctor", "cu doctor --quick"],
        ["bench"] = ["cu bench"],
        ["agent"] = ["cu agent --bandwidth 2M", "cu agent stop"],
        ["queue"] = ["cu queue --watch", "cu queue move 3 --top", "cu queue limit '08:00,512k 18:00,off'"],
        ["agent serve"] =
        [
            "cu agent serve ~/survey/line-14 --project 'Skagen 2026' --at /line-14",
            "cu agent serve photos --project 'Skagen 2026' --bytes-a-day 20G",
        ],
        ["project"] =
        [
            "cu project create 'Skagen 2026'", "cu project ls 'Skagen 2026'", "cu project invite 'Skagen 2026'",
            "cu project get 'Skagen 2026' /line-14/a.xtf", "cu project requests",
        ],
        ["project create"] = ["cu project create 'Skagen 2026'"],
        ["project ls"] = ["cu project ls", "cu project ls 'Skagen 2026'"],
        ["project invite"] = ["cu project invite 'Skagen 2026' --days 2 --uses 5"],
        ["project invitations"] =
        [
            "cu project invitations 'Skagen 2026'",
            "cu project invitations 'Skagen 2026' --end 8f14e45f-ceea-467a-9a36-dedd4bea2543",
        ],
        ["project join"] = ["cu project join https://files.example/console/#/projects/join/TOKEN"],
        ["project get"] =
        [
            "cu project get 'Skagen 2026' /line-14/a.xtf", "cu project get 'Skagen 2026' /line-14/a.xtf -o survey/",
            "cu project get 'Skagen 2026' /line-14/a.xtf -o copy.xtf --force",
        ],
        ["project requests"] = ["cu project requests", "cu project requests 'Skagen 2026' --json"],
        ["project approve"] =
        [
            "cu project approve 'Skagen 2026' 8f14e45f-ceea-467a-9a36-dedd4bea2543",
            "cu project approve 'Skagen 2026' --member 'Ines Okafor' --for-30-days",
        ],
        ["project decline"] = ["cu project decline 'Skagen 2026' 8f14e45f-ceea-467a-9a36-dedd4bea2543"],
        ["project transfers"] = ["cu project transfers --open", "cu project transfers 'Skagen 2026'"],
        ["project cancel"] = ["cu project cancel 'Skagen 2026' 8f14e45f-ceea-467a-9a36-dedd4bea2543"],
        ["pause"] = ["cu pause 3", "cu pause --all"],
        ["resume"] = ["cu resume 3", "cu resume --all"],
        ["cancel"] = ["cu cancel 3"],
        ["retry"] = ["cu retry --failed"],
        ["history"] = ["cu history --failed"],
        ["login"] = ["cu login https://files.example", "cu login https://files.example --profile work"],
        ["logout"] = ["cu logout"],
        ["config"] = ["cu config"],
        ["version"] = ["cu version"],
        ["keygen"] = ["cu keygen key.txt", "cu keygen --post-quantum key.txt"],
        ["reveal"] = ["cu reveal 2026/plans.pdf --identity key.txt"],
        ["completion"] = ["source <(cu completion bash)"],
        ["man"] = ["cu man > ~/.local/share/man/man1/cu.1"],
    };

    /// <summary>Adds them to the help of all verbs.</summary>
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    /// <summary>Returns whether a verb has examples.</summary>
    public static bool Has(string verb) => Examples.ContainsKey(verb);

    /// <summary>A verb below another one has the name of both, because some have the same name as a verb of their own.</summary>
    private static string NameOf(Command command) => command is RootCommand ? "cu"
        : command.Parents.OfType<Command>().FirstOrDefault() is { } above and not RootCommand ? $"{above.Name} {command.Name}"
        : command.Name;

    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        var standard = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        var code = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = standard;
        standard.Write(OptionGroups.Arrange(text.ToString(), command));
        if (!Examples.TryGetValue(NameOf(command), out var lines))
            return code;
        var output = standard;
        output.WriteLine(lines.Length == 1 ? "Example:" : "Examples:");
        foreach (var line in lines)
            output.WriteLine($"  {line}");
        return code;
    }
}
