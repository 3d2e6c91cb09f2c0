using System.CommandLine;
using System.Globalization;
using ChunkUpload.Agent;

namespace ChunkUpload.Cli.Agent;

/// <summary>cu queue, pause, resume, cancel and retry: commands to the agent.</summary>
internal static class QueueVerbs
{
    public static IEnumerable<Command> Create()
    {
        yield return Queue();
        yield return Several("pause", "Pause entries of the queue; with --all also later ones",
            "Everything; no entry is started.", Protocol.Pause, "paused");
        yield return Several("resume", "Resume paused entries", "Everything.", Protocol.Resume, "resumed");
        yield return Several("cancel", "Remove entries from the queue, with their unfinished files on both sides", "Everything.",
            Protocol.Cancel, "cancelled");
        yield return Several("retry", "Try entries again that failed", null, Protocol.Retry, "is tried again");
    }

    private static Command Queue()
    {
        var watch = new Option<bool>("--watch", "-w") { Description = "Show live bars until Ctrl-C." };
        var wait = new Option<bool>("--wait")
        {
            Description = "Exit as soon as nothing is left to do; the exit code says whether an entry has failed, and how.",
        };
        var queue = new Command("queue", "Show what the agent does and has to do") { watch, wait };
        queue.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            if (parse.GetValue(watch) && parse.GetValue(wait))
                throw new UsageException("Give one of --watch and --wait.");
            using var agent = await AgentClient.ConnectAsync(AgentPlace.Known, stop);
            if (parse.GetValue(wait))
                return await QueueWait.RunAsync(output, agent, stop);
            if (parse.GetValue(watch))
                return await QueueWatch.RunAsync(output, agent, stop);
            var answer = await agent.AskAsync(new AgentRequest { Do = Protocol.List }, stop);
            foreach (var entry in answer.Entries!)
                output.Result(QueueText.Line(entry), QueueText.Fields(entry));
            output.Result(QueueText.Sum(answer.Queue!), QueueText.Fields(answer.Queue!));
            return ExitCodes.Done;
        }));
        queue.Add(Move());
        queue.Add(Limit());
        return queue;
    }

    private static Command Move()
    {
        var ids = Ids(ArgumentArity.OneOrMore);
        var top = new Option<bool>("--top") { Description = "Before all others; the entries get the highest priority that waits." };
        var bottom = new Option<bool>("--bottom") { Description = "Behind all others of their priority." };
        var before = new Option<long?>("--before") { Description = "Before this entry, with its priority." };
        var priority = new Option<Priority?>("--priority") { Description = "Give the entries this priority: low, normal or high." };
        var move = new Command("move", "Change the order of the queue") { ids, top, bottom, before, priority };
        move.SetAction((parse, stop) => Output.RunAsync(parse, output =>
        {
            var (toTop, toBottom, other) = (parse.GetValue(top), parse.GetValue(bottom), parse.GetValue(before));
            if ((toTop ? 1 : 0) + (toBottom ? 1 : 0) + (other is null ? 0 : 1) is var ways && ways > 1)
                throw new UsageException("Give one of --top, --bottom and --before.");
            if (ways == 0 && parse.GetValue(priority) is null)
                throw new UsageException("Where to? Give --top, --bottom, --before or --priority.");
            return AskAsync(output, "is moved", new AgentRequest
            {
                Do = Protocol.Move,
                Ids = Numbers(parse.GetValue(ids)!),
                ToTop = toTop,
                ToBottom = toBottom,
                Before = other,
                Priority = parse.GetValue(priority),
            }, stop);
        }));
        return move;
    }

    private static Command Limit()
    {
        var bandwidth = new Argument<string?>("BANDWIDTH")
        {
            Description = "Bytes a second, such as 2M, off, or a timetable: \"08:00,512k 18:00,off\"; stop in it lets nothing move.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var entry = new Option<string[]>("--entry") { Description = "Limit this entry, and not all together." };
        var atOnce = new Option<int?>("--at-once") { Description = "How many transfers run at once." };
        var limit = new Command("limit", "Change the bandwidth and the number of transfers at once") { bandwidth, entry, atOnce };
        limit.SetAction((parse, stop) => Output.RunAsync(parse, output =>
        {
            if (parse.GetValue(bandwidth) is null && (parse.GetValue(atOnce) is null || parse.GetValue(entry) is { Length: > 0 }))
                throw new UsageException("Which limit? Give a bandwidth, or --at-once.");
            return AskAsync(output, "is limited", new AgentRequest
            {
                Do = Protocol.Limit,
                Bandwidth = parse.GetValue(bandwidth),
                Ids = Numbers(parse.GetValue(entry) ?? []),
                AtOnce = parse.GetValue(atOnce),
            }, stop);
        }));
        return limit;
    }

    private static Command Several(string name, string description, string? allDescription, string word, string done)
    {
        var ids = Ids(ArgumentArity.ZeroOrMore);
        var all = new Option<bool>(allDescription is null ? "--failed" : "--all") { Description = allDescription ?? "All that failed." };
        var command = new Command(name, description) { ids, all };
        command.SetAction((parse, stop) => Output.RunAsync(parse, output =>
        {
            var numbers = Numbers(parse.GetValue(ids)!);
            if ((numbers.Count > 0) == parse.GetValue(all))
                throw new UsageException($"Give the numbers of entries, as cu queue shows them, or {all.Name}.");
            return AskAsync(output, done, new AgentRequest { Do = word, Ids = numbers, All = parse.GetValue(all) }, stop);
        }));
        return command;
    }

    private static Argument<string[]> Ids(ArgumentArity arity) => new("ID")
    {
        Description = "The number of an entry, as cu queue shows it.",
        Arity = arity,
    };

    private static List<long> Numbers(IEnumerable<string> words) =>
    [
        .. words.Select(word => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new UsageException($"{word} is no number of an entry. cu queue shows them.")),
    ];

    private static async Task<int> AskAsync(Output output, string done, AgentRequest request, CancellationToken stop)
    {
        using var agent = await AgentClient.ConnectAsync(AgentPlace.Known, stop);
        var answer = await agent.AskAsync(request, stop);
        foreach (var entry in answer.Entries ?? [])
            output.Result($"{entry.Id}  {Output.Printable(entry.Name)} {done}", QueueText.Fields(entry));
        if (answer.Entries is null or [])
            output.Result(QueueText.Sum(answer.Queue!), QueueText.Fields(answer.Queue!));
        return ExitCodes.Done;
    }
}
