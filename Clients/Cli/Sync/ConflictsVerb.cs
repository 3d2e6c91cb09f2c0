using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Sync;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Cli.Sync;

/// <summary>cu conflicts: what two-way pairs, those of this machine and of the service, ask people.</summary>
internal static class ConflictsVerb
{
    private const string All = "all";

    private static string States => ChunkUploadClient.DefaultStateDirectory;

    public static Command Create()
    {
        var folder = new Argument<string?>("FOLDER")
        {
            Description = "Only of the pair with this local folder; otherwise of all, and of the service's own pairs.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var decided = new Option<bool>("--decided") { Description = "List what was decided within the last 30 days." };
        var conflicts = new Command("conflicts", "List and answer the questions of pairs") { folder, decided };
        conflicts.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var named = parse.GetValue(folder);
            foreach (var (_, told) in Pairs(named))
                List(output, told, parse.GetValue(decided));
            if (named is null)
                await ListServiceAsync(output, parse, parse.GetValue(decided), stop);
            return ExitCodes.Done;
        }));
        foreach (var verb in (Command[])[Decide(), TakeBack(), .. Answers()])
            conflicts.Add(verb);
        return conflicts;
    }

    private static Command Decide()
    {
        var id = new Argument<string>("ID") { Description = $"The id of a conflict, as cu conflicts shows it, or {All}." };
        var answer = new Argument<string>("ANSWER")
        {
            Description = "left (here), right (the service's), keep-both, or leave: both sides stay as they are.",
        };
        var decide = new Command("decide", "Decide about a conflict, or about all; what is replaced is kept") { id, answer };
        decide.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var (which, said) = (parse.GetValue(id)!, AnswerOf(parse.GetValue(answer)!));
            var found = 0;
            foreach (var (files, told) in SyncPairFiles.All(States))
            {
                foreach (var one in told.Conflicts.Where(one => which == All || one.Id == which))
                {
                    if (said == SyncAnswer.Both && (one.Left is null || one.Right is null))
                        throw new UsageException($"{one.Path} is on one side only, so there are no two to keep.");
                    files.Leave(new SyncReply(one.Path, one.Digest, said));
                    found++;
                    output.Result(
                        $"{one.Id}  {Output.Printable(one.Path)}: {ConflictText.Word(said)}, with the next round of cu sync",
                        new JsonObject { ["id"] = one.Id, ["path"] = one.Path, ["answer"] = ConflictText.Word(said) });
                }
            }

            if (found == 0 || which == All)
                found += await DecideServiceAsync(output, parse, which, said, stop);
            if (found == 0 && which == All)
                output.Note("No conflict is open.");
            return found > 0 || which == All
                ? ExitCodes.Done
                : throw new TransferException(TransferFailure.NotFound, $"No conflict {which} is open. cu conflicts lists them.");
        }));
        return decide;
    }

    private static Command TakeBack()
    {
        var id = new Argument<string>("ID") { Description = "The id of a decision, as cu conflicts --decided shows it." };
        var back = new Command("take-back", "Put back what was replaced after a conflict; it goes to the other side, too") { id };
        back.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var which = parse.GetValue(id)!;
            foreach (var (files, told) in SyncPairFiles.All(States))
            {
                if (told.Decided.FirstOrDefault(one => one.Id == which) is not { } one)
                    continue;
                if (!one.CanTakeBack)
                {
                    throw new TransferException(
                        TransferFailure.Conflict, one.IsTakenBack ? "It was taken back already." : "Nothing was replaced.");
                }

                files.Leave(new SyncReply(one.Path, which, one.Answer, TakesBack: true));
                output.Result(
                    $"{which}  {Output.Printable(one.Path)}: comes back with the next round of cu sync",
                    new JsonObject { ["id"] = which, ["path"] = one.Path, ["takesBack"] = true });
                return ExitCodes.Done;
            }

            using var client = Target.Of(parse).Client(ended: _ => { });
            await client.TakeConflictBackAsync(Uri.EscapeDataString(which), stop);
            output.Result($"{which}  is taken back", new JsonObject { ["id"] = which, ["takesBack"] = true });
            return ExitCodes.Done;
        }));
        return back;
    }

    private static IEnumerable<Command> Answers()
    {
        yield return Answer(
            "approve", SyncAnswer.Apply, "Do the removals that wait for you; the approval covers the list that was shown");
        yield return Answer("refuse", SyncAnswer.Leave, "Bring back the items whose removal waits for you");
    }

    private static Command Answer(string name, SyncAnswer answer, string description)
    {
        var folder = new Argument<string?>("FOLDER")
        {
            Description = "The local folder of the pair; may be left out if only one asks.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command(name, description) { folder };
        command.SetAction((parse, _) => Output.RunAsync(parse, output =>
        {
            var asking = Pairs(parse.GetValue(folder)).Where(one => one.Told.Question is not null).ToList();
            if (asking is not [var (files, told)])
            {
                throw asking.Count == 0
                    ? new TransferException(TransferFailure.NotFound, "No removals wait for you.")
                    : new UsageException("Several pairs ask: name the folder. cu conflicts lists them.");
            }

            files.Leave(new SyncReply(null, told.Question!.Digest, answer));
            output.Result(
                $"{Output.Printable(told.Local)}: {told.Question.Removals} removals are "
                + (answer == SyncAnswer.Apply ? "approved" : "refused") + ", for the next round of cu sync",
                new JsonObject { ["pair"] = told.Local, ["removals"] = told.Question.Removals, ["approved"] = answer == SyncAnswer.Apply });
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static List<(SyncPairFiles Files, SyncTold Told)> Pairs(string? folder)
    {
        var pairs = SyncPairFiles.All(States).ToList();
        if (folder is null)
            return pairs;
        var local = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        pairs = pairs.FindAll(one => one.Told.Local == local);
        return pairs.Count > 0
            ? pairs
            : throw new TransferException(TransferFailure.NotFound, $"{local} is not kept in sync: cu sync {folder} :PATH --two-way");
    }

    private static void List(Output output, SyncTold told, bool decided)
    {
        if (decided)
        {
            foreach (var one in told.Decided)
                output.Result(ConflictText.Line(one, told), ConflictText.Fields(one, told));
            return;
        }

        if (told.Question is { } question)
            output.Result($"{Output.Printable(told.Local)}: {ConflictText.Line(question, told)}", ConflictText.Fields(told, question));
        if (told.Conflicts.Count > 0)
            output.Note($"{Output.Printable(told.Local)} and :{Output.Printable(told.Path)}");
        foreach (var one in told.Conflicts)
            output.Result(ConflictText.Line(one), ConflictText.Fields(told, one));
    }

    private static async Task ListServiceAsync(Output output, ParseResult parse, bool decided, CancellationToken stop)
    {
        using var client = ServiceOf(output, parse);
        if (client is null)
            return;
        try
        {
            await foreach (var one in client.ConflictsAsync(decided, stop))
                output.Result(ConflictText.Line(one), ConflictText.Fields(one));
        }
        catch (TransferException failure) when (failure.Status is 401 or 403 or 404)
        {
            output.Note($"The pairs of the service are not asked: {failure.Message}");
        }
    }

    private static async Task<int> DecideServiceAsync(
        Output output, ParseResult parse, string which, SyncAnswer answer, CancellationToken stop)
    {
        using var client = ServiceOf(output, parse);
        if (client is null)
            return 0;
        var open = new List<ConflictAnswer>();
        try
        {
            await foreach (var one in client.ConflictsAsync(decided: false, stop))
                open.Add(one);
        }
        catch (TransferException failure) when (failure.Status is 401 or 403 or 404)
        {
            output.Note($"The pairs of the service are not asked: {failure.Message}");
        }

        open = open.FindAll(one => which == All || one.Id == which);
        foreach (var one in open)
        {
            _ = await client.DecideConflictAsync(one, answer == SyncAnswer.Both ? "both" : ConflictText.Word(answer), stop);
            output.Result(
                $"{one.Id}  {Output.Printable(one.Path)}: {ConflictText.Word(answer)}",
                new JsonObject { ["id"] = one.Id, ["path"] = one.Path, ["answer"] = ConflictText.Word(answer) });
        }

        return open.Count;
    }

    /// <returns><c>null</c> if no service is set up.</returns>
    private static ChunkUploadClient? ServiceOf(Output output, ParseResult parse)
    {
        try
        {
            return Target.Of(parse).Client(ended: _ => { });
        }
        catch (UsageException failure)
        {
            output.Note($"The pairs of the service are not asked: {failure.Message}");
            return null;
        }
    }

    private static SyncAnswer AnswerOf(string word) => word switch
    {
        "left" => SyncAnswer.Apply,
        "right" => SyncAnswer.Right,
        "keep-both" => SyncAnswer.Both,
        "leave" => SyncAnswer.Leave,
        _ => throw new UsageException($"{word} is no answer: left, right, keep-both, leave."),
    };
}
