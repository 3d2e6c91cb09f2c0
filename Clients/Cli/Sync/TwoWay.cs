using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Agent;
using ChunkUpload.Agent.Serving;
using ChunkUpload.Agent.Sync;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Sync;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Cli.Sync;

/// <summary>cu sync --two-way: keeps a local folder and one of the service in sync, in both directions.</summary>
internal sealed class TwoWay(FolderRun folders, Option<string?> limit)
{
    private const int MostRounds = 100;

    private static readonly TimeSpan DefaultRest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DefaultEvery = TimeSpan.FromMinutes(10);

    private readonly Option<bool> _twoWay = new("--two-way")
    {
        Description = "Keep both folders in sync: changes are applied in both directions, until it is stopped.",
    };

    private readonly Option<bool> _once = new("--once") { Description = "With --two-way: synchronize both once, and exit." };

    private readonly Option<string?> _conflict = new("--conflict")
    {
        Description = "With --two-way, of files changed on both sides: ask (default), newer, larger, source, destination, keep-both.",
    };

    private readonly Option<bool> _approve = new("--approve")
    {
        Description = "With --two-way: do the removals about which the last round has asked, if they are still the same ones.",
    };

    private readonly Option<string?> _rest = new("--rest")
    {
        Description = "With --two-way: how long a file here has not changed before it counts; 2s if left out.",
    };

    private readonly Option<string?> _every = new("--every")
    {
        Description = "With --two-way: how often both sides are looked at without any news; 10m if left out.",
    };

    private readonly Option<bool> _background = new("--background", "-b")
    {
        Description = "With --two-way: leave it to the agent (cu agent) for good, and return at once; cu agent duties shows it.",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_twoWay, _once, _conflict, _approve, _rest, _every, _background])
            command.Add(option);
    }

    /// <exception cref="UsageException">Options are given that mean nothing in one direction.</exception>
    public bool IsAsked(ParseResult parse)
    {
        if (parse.GetValue(_twoWay))
            return true;
        var more = parse.GetValue(_once) || parse.GetValue(_approve) || parse.GetValue(_background)
            || (parse.GetValue(_conflict) ?? parse.GetValue(_rest) ?? parse.GetValue(_every)) is not null;
        return more
            ? throw new UsageException("--once, --conflict, --approve, --rest, --every and --background are for --two-way.")
            : false;
    }

    public async Task<int> RunAsync(Output output, ParseResult parse, string from, string to, CancellationToken stop)
    {
        var isLocalFirst = to.StartsWith(':');
        var local = Path.TrimEndingDirectorySeparator(Path.GetFullPath(isLocalFirst ? from : to));
        var path = (isLocalFirst ? to : from)[1..].Trim('/');
        if (ServedRoot.Fault(local, ChunkUploadClient.DefaultStateDirectory) is { } fault)
            throw new UsageException(fault.Replace("Serve", "Name", StringComparison.Ordinal));
        if (!Directory.Exists(local) && SyncPairFiles.All(ChunkUploadClient.DefaultStateDirectory).All(one => one.Told.Local != local))
            throw new TransferException(TransferFailure.LocalFile, $"{local} is no folder.");
        var options = folders.Read(parse);
        if (options.DeleteExtra || options.AllowEmpty || options.Links != LinkPolicy.Keep || FolderRun.HasMore(options))
        {
            throw new UsageException(
                "With --two-way, what one side removes is removed on the other one, all else is the same, and links take no part: leave "
                + "out what is about one direction (--delete-extra, --allow-empty, --links, --checksum and the like).");
        }

        var settings = new SyncSettings
        {
            Rule = RuleOf(parse.GetValue(_conflict), isLocalFirst),
            Exclude = options.Exclude,
            Rest = parse.GetValue(_rest) is { } rest ? Figures.ParseTime(rest) : DefaultRest,
            DryRun = options.DryRun,
        };
        if (settings.DryRun && parse.GetValue(_approve))
            throw new UsageException("--approve removes what was asked about, and --dry-run changes nothing: leave out one of them.");
        var every = parse.GetValue(_every) is { } text ? Figures.ParseTime(text) : DefaultEvery;
        var target = Target.Of(parse);
        if (parse.GetValue(_background))
        {
            if (parse.GetValue(_once) || settings.DryRun || parse.GetValue(limit) is not null)
                throw new UsageException("--once, --dry-run and --limit are for the foreground.");
            var work = Background.Of(target, new QueuedWork { IsUp = true, Local = local, Url = target.Url.AbsoluteUri });
            return await Duties.AddAsync(output, SyncDuty.Of(work, options.Space, path, settings, every), stop);
        }

        output.Stopped = "Stopped. The same command resumes it.";
        var (limits, clock) = LimitOption.Foreground(parse.GetValue(limit));
        using var until = clock;
        // The history would have a line for each file.
        using var client = target.Client(limits, ended: _ => { });
        if (parse.GetValue(_approve))
            Approve(output, SyncPairFiles.Of(client.States, client.ServiceText, options.Space, local, path));
        var teller = new Teller(output, local, path, settings.DryRun);
        using var pair = SyncPairing.Open(client, local, options.Space, path, settings, TimeProvider.System, teller.Tell);
        if (parse.GetValue(_once) || settings.DryRun)
            return await OnceAsync(output, pair, teller, stop);
        await new SyncLoop(client, pair, local, every, TimeProvider.System, teller.Ended).RunAsync(stop);
        return ExitCodes.Done;
    }

    private static async Task<int> OnceAsync(Output output, SyncPairing pair, Teller teller, CancellationToken stop)
    {
        SyncOutcome outcome;
        for (var rounds = 1; ; rounds++)
        {
            outcome = await pair.Round.RunAsync(stop);
            if (outcome.Again is not { } pause || rounds == MostRounds)
                break;
            await Task.Delay(pause, stop);
        }

        teller.Ended(outcome);
        return outcome switch
        {
            { Fault: { } fault } => output.Fail(null, fault),
            { Told.State: "away" } => ExitCodes.SideAway,
            { Told.State: "needs_you" } => ExitCodes.NeedsPerson,
            { Failing: { } failing } => ExitCodes.Of(failing),
            _ => ExitCodes.Done,
        };
    }

    private static void Approve(Output output, SyncPairFiles files)
    {
        if (files.Read()?.Question is { } question)
            files.Leave(new SyncReply(null, question.Digest, SyncAnswer.Apply));
        else
            output.Note("No removals wait for an approval.");
    }

    /// <param name="isLocalFirst">Whether the source is the local folder.</param>
    private static SyncConflictRule RuleOf(string? word, bool isLocalFirst) => word switch
    {
        null or "ask" => SyncConflictRule.Ask,
        "newer" => SyncConflictRule.Newer,
        "larger" => SyncConflictRule.Larger,
        "source" => isLocalFirst ? SyncConflictRule.Left : SyncConflictRule.Right,
        "destination" => isLocalFirst ? SyncConflictRule.Right : SyncConflictRule.Left,
        "keep-both" => SyncConflictRule.Both,
        _ => throw new UsageException($"{word} is no value for --conflict: ask, newer, larger, source, destination, keep-both."),
    };

    /// <summary>Tells each step, and the state where it is another one.</summary>
    private sealed class Teller(Output output, string local, string path, bool isDry)
    {
        private readonly HashSet<string> _shown = [];
        private readonly Lock _gate = new();
        private string? _last;

        public void Tell(SyncNote note)
        {
            if (note.Done == "failed")
            {
                lock (_gate)
                {
                    if (!_shown.Add($"{note.Path} {note.Message}"))
                        return;
                }

                output.Fail(note.Path, note.Message!, null, "failed");
                return;
            }

            var side = note.At switch { SyncSide.Left => " here", SyncSide.Right => " at the service", _ => "" };
            var about = note.Message is { } message ? $" ({Output.Printable(message)})" : "";
            var now = string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetLocalNow():HH:mm:ss}  ");
            var begin = isDry ? "would be " : now;
            // For sent and downloaded files, the side is clear.
            var where = note.Done is "sent" or "fetched" ? "" : side;
            output.Result(
                $"{begin}{note.Done}{where} {Output.Printable(note.Path)}{about}",
                new JsonObject
                {
                    ["path"] = note.Path,
                    ["state"] = note.Done,
                    ["side"] = note.At switch { SyncSide.Left => "local", SyncSide.Right => "service", _ => null },
                    ["message"] = note.Message,
                    ["dryRun"] = isDry,
                });
        }

        public void Ended(SyncOutcome outcome)
        {
            var told = outcome.Told;
            foreach (var conflict in told.Conflicts.Where(one => _shown.Add(one.Id)))
                output.Result(ConflictText.Line(conflict), ConflictText.Fields(told, conflict));
            var sentence = SyncDuty.Sentence(outcome);
            if (told.Question is { } question && _shown.Add(question.Digest))
                output.Result(ConflictText.Line(question, told), ConflictText.Fields(told, question));
            if (sentence == _last || outcome.Again is not null)
                return;
            _last = sentence;
            output.Result(
                $"{Output.Printable(local)} ⇄ :{Output.Printable(path)}: {sentence}",
                new JsonObject
                {
                    ["ok"] = told.State == "in_step",
                    ["state"] = told.State,
                    ["local"] = local,
                    ["path"] = path,
                    ["items"] = told.Items,
                    ["conflicts"] = told.Conflicts.Count,
                    ["removals"] = told.Question?.Removals ?? 0,
                    ["leftOut"] = told.LeftOut,
                    ["failing"] = told.Failing.Count,
                    ["reason"] = told.Reason,
                });
        }
    }
}
