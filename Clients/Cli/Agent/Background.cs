using System.CommandLine;
using System.Globalization;
using ChunkUpload.Agent;

namespace ChunkUpload.Cli.Agent;

/// <summary>The common part of cu up and cu get for work in the background.</summary>
internal sealed class Background
{
    private const int AtATime = 100;
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private readonly Option<bool> _background = new("--background", "-b")
    {
        Description = "Leave it to the agent (cu agent), and return at once; cu queue shows it.",
    };

    private readonly Option<Priority?> _priority = new("--priority")
    {
        Description = "In the background: low, normal or high; transfers with a higher priority are done first.",
    };

    private readonly Option<string?> _at = new("--at")
    {
        Description = "In the background: begin at 22:00, at \"2026-12-24 18:00\", or in 2h.",
    };

    private readonly Option<string?> _every = new("--every")
    {
        Description = "In the background: repeat it every 6h or 1d, at 02:00 of each day, or at Sun-02:00.",
    };

    private readonly Option<string?> _between = new("--between")
    {
        Description = "In the background: only within these hours, such as 22:00-06:00.",
    };

    private readonly Option<bool> _notMetered = new("--not-metered")
    {
        Description = "In the background: not while the network is metered, if the system reports it (NetworkManager).",
    };

    private readonly Option<string?> _deadline = new("--deadline")
    {
        Description = "In the background: give it up at this time, written as with --at.",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_background, _priority, _at, _every, _between, _notMetered, _deadline])
            command.Add(option);
    }

    /// <returns>Null if it is to be done in the foreground.</returns>
    public Plan? Read(ParseResult parse, string? bandwidth)
    {
        var plan = new Plan
        {
            Priority = parse.GetValue(_priority) ?? Priority.Normal,
            At = Coming(parse.GetValue(_at), TimeProvider.System),
            Every = parse.GetValue(_every),
            Between = parse.GetValue(_between),
            NotMetered = parse.GetValue(_notMetered),
            Bandwidth = bandwidth,
            Deadline = Coming(parse.GetValue(_deadline), TimeProvider.System),
        };
        if (!parse.GetValue(_background))
        {
            return plan == new Plan { Bandwidth = bandwidth }
                ? null
                : throw new UsageException("Times, hours and priorities are kept by the agent: add --background.");
        }

        return QueueEntry.Faults(plan) is { } fault ? throw new UsageException(fault) : plan;
    }

    /// <summary>Sends work to the agent, and reports the result.</summary>
    public static async Task<int> QueueAsync(Output output, IReadOnlyList<QueuedWork> works, Plan plan, CancellationToken stop)
    {
        using var agent = await AgentClient.TryConnectAsync(AgentPlace.Known, stop);
        var (isPaused, hasAgent) = (false, agent is not null);
        foreach (var some in works.Chunk(AtATime))
        {
            List<Addition> additions = [.. some.Select(work => new Addition(work, plan))];
            var answer = agent is not null
                ? await agent.AskAsync(new AgentRequest { Do = Protocol.Add, Additions = additions }, stop)
                : await AddAsync(additions, output, stop);
            foreach (var entry in answer.Entries ?? [])
            {
                var fields = QueueText.Fields(entry);
                fields["isNew"] = entry.IsNew;
                output.Result($"{entry.Id}  {QueueText.Way(entry)}{(entry.IsNew == true ? "" : " (it was queued already)")}", fields);
            }

            isPaused = answer.Queue?.IsPaused == true;
        }

        if (!hasAgent)
            output.Note("It is queued, and no agent of yours runs: it begins with the next one. Start it in another terminal: cu agent");
        if (isPaused)
            output.Note("The queue is paused: cu resume --all");
        return ExitCodes.Done;
    }

    /// <summary>Adds to the queue without an agent. Who holds it, as another call of this verb does, does so for a moment.</summary>
    private static async Task<AgentAnswer> AddAsync(List<Addition> additions, Output output, CancellationToken stop)
    {
        for (var waited = TimeSpan.Zero; waited < MostPatience; waited += Pace)
        {
            if (UnattendedQueue.TryAdd(AgentPlace.New, additions, TimeProvider.System, output.Note) is { } answer)
                return answer;
            // An agent may have begun meanwhile.
            using var agent = await AgentClient.TryConnectAsync(AgentPlace.Known, stop);
            if (agent is not null)
                return await agent.AskAsync(new AgentRequest { Do = Protocol.Add, Additions = additions }, stop);
            await Task.Delay(Pace, stop);
        }

        throw new AgentException(AgentException.NoAgent, "The queue is held by a process that does not answer. Run: cu agent stop");
    }

    /// <summary>Names the key without having it: the queue keeps no keys.</summary>
    public static QueuedWork Of(Target place, QueuedWork work)
    {
        var isNamed = place.KeyProfile is not null || place.KeyPath is not null;
        return place.Key is null || isNamed
            ? work with { Url = place.Url.AbsoluteUri, Profile = place.KeyProfile, KeyFile = place.KeyPath }
            : throw new UsageException(
                "The key in CU_KEY is known in this shell only, and the agent keeps none. Put it into a file (--key-file, CU_KEY_FILE), "
                + "or run: cu login");
    }

    /// <summary>Reads a point of time: a clock, a date with a clock, or a time from now.</summary>
    public static DateTimeOffset? Time(string? text, TimeProvider time)
    {
        if (text is null)
            return null;
        var now = time.GetLocalNow();
        if (Every.Span(text.TrimStart('+')) is { } span && span <= TimeSpan.FromDays(366))
            return now + span;
        if (Hours.Clock(text) is { } clock)
        {
            var next = now.DateTime.Date + clock.ToTimeSpan();
            return LocalTimes.Of(next > now.DateTime ? next : next.AddDays(1), time.LocalTimeZone);
        }

        string[] forms = ["yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd"];
        if (DateTime.TryParseExact(text, forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            return LocalTimes.Of(local, time.LocalTimeZone);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var exact) && text.Length > 10
            ? exact
            : throw new UsageException($"\"{text}\" is not a time; write 22:00, \"2026-12-24 18:00\", or 2h.");
    }

    private static DateTimeOffset? Coming(string? text, TimeProvider time) => Time(text, time) is not { } point ? null
        : point > time.GetUtcNow() ? point
        : throw new UsageException($"{text} is over.");
}
