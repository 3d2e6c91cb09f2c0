namespace ChunkUpload.Agent;

/// <summary>Answers requests from the queue and what runs.</summary>
internal sealed class AgentRequests(AgentQueue queue, AgentRunner runner, DutyRunner duties, Action end)
{
    private static readonly string Version = typeof(AgentRequests).Assembly.GetName().Version!.ToString(3);

    // Users cannot read more at a time.
    private const int MostWatched = 100;
    private static readonly TimeSpan WatchPace = TimeSpan.FromMilliseconds(250);

    /// <exception cref="AgentException">It cannot be done.</exception>
    public AgentAnswer Answer(AgentRequest request)
    {
        CheckVersion(request);
        switch (request.Do)
        {
            case Protocol.Hello:
                return new AgentAnswer { Program = Version, Process = Environment.ProcessId, Queue = Queue() };
            case Protocol.End:
                return new AgentAnswer { Process = Environment.ProcessId };
            case Protocol.Add:
                return Add(request.Additions);
            case Protocol.List:
                return new AgentAnswer { Queue = Queue(), Entries = [.. Views(queue.Entries)] };
            case Protocol.Pause:
                if (request.All)
                    queue.Pause(isPaused: true);
                return request.All
                    ? new AgentAnswer { Queue = Queue(), Entries = [] }
                    : Changed(request, entry => entry with { State = EntryState.Paused }, entry => entry.State == EntryState.Waiting);
            case Protocol.Resume:
                if (request.All)
                    queue.Pause(isPaused: false);
                return Changed(request, AgentQueue.Fresh, entry => entry.State == EntryState.Paused);
            case Protocol.Cancel:
                return Changed(request, entry => entry with { State = EntryState.Cancelling }, _ => true);
            case Protocol.Retry:
                return Changed(request, AgentQueue.Fresh, entry => entry.State == EntryState.Failed || entry.RetryAt is not null);
            case Protocol.Move:
                return Move(request);
            case Protocol.Limit:
                return Limit(request);
            case Protocol.Duties:
                return new AgentAnswer { Duties = duties.Views };
            case Protocol.AddDuty:
                return new AgentAnswer
                {
                    Duties = [duties.Add(request.Duty ?? throw new AgentException(AgentException.BadRequest, "There is nothing to add."))],
                };
            case Protocol.RemoveDuty:
                return new AgentAnswer { Duties = [.. (IdsOf(request) ?? []).Select(duties.Remove)] };
            default:
                throw new AgentException(AgentException.BadRequest, $"\"{request.Do}\" is nothing that an agent does.");
        }
    }

    /// <summary>Ends the agent.</summary>
    public void End() => end();

    /// <summary>Sends the queue, and again after each change, until the client disconnects.</summary>
    public async Task WatchAsync(AgentRequest request, Func<AgentAnswer, Task> send, CancellationToken stop)
    {
        CheckVersion(request);
        while (true)
        {
            var shown = queue.Entries.Where(entry => entry.State != EntryState.Cancelling).Take(MostWatched);
            await send(new AgentAnswer { Queue = Queue(), Entries = [.. Views(shown)] });
            await Task.Delay(WatchPace, stop);
        }
    }

    private static void CheckVersion(AgentRequest request)
    {
        if (request.Version != Protocol.Version)
        {
            throw new AgentException(
                AgentException.OtherVersion,
                $"The agent that runs is cu {Version} with version {Protocol.Version} of its protocol, and not {request.Version}. "
                + "Restart it after an update.");
        }
    }

    private AgentAnswer Add(IReadOnlyList<Addition>? additions)
    {
        if (additions is not { Count: > 0 } || additions.Any(one => one is not { Work: not null, Plan: not null }))
            throw new AgentException(AgentException.BadRequest, "There is nothing to add.");
        if (additions.Select(one => QueueEntry.Faults(one.Plan)).FirstOrDefault(fault => fault is not null) is { } wrong)
            throw new AgentException(AgentException.BadRequest, wrong);
        var added = queue.Add([.. additions.Select(one => (one.Work, one.Plan))]);
        var views = Views(added.Select(one => one.Entry)).ToList();
        return new AgentAnswer
        {
            Queue = Queue(),
            Entries = [.. views.Select((view, index) => view with { IsNew = added[index].IsNew })],
        };
    }

    private AgentAnswer Changed(AgentRequest request, Func<QueueEntry, QueueEntry> change, Func<QueueEntry, bool> applies)
    {
        var changed = queue.Change(IdsOf(request), entry =>
            entry.State != EntryState.Cancelling && applies(entry) ? change(entry) : entry);
        return new AgentAnswer { Queue = Queue(), Entries = [.. Views(changed)] };
    }

    private static IReadOnlyList<long>? IdsOf(AgentRequest request) => request.All ? null
        : request.Ids is { Count: > 0 } ids ? ids
        : throw new AgentException(AgentException.BadRequest, "Name entries by their numbers, or all of them. cu queue lists them.");

    private AgentAnswer Move(AgentRequest request)
    {
        var ids = IdsOf(request) ?? [.. queue.Entries.Select(entry => entry.Id)];
        if (request.Priority is { } priority)
        {
            if (!Enum.IsDefined(priority))
                throw new AgentException(AgentException.BadRequest, "A priority is low, normal or high.");
            _ = queue.Change(ids, entry => entry with { Plan = entry.Plan with { Priority = priority } });
        }

        if (request.Before is not null || request.ToTop || request.ToBottom)
            queue.Move(ids, request.Before, request.ToTop);
        return new AgentAnswer { Queue = Queue(), Entries = [.. Views(queue.Entries.Where(entry => ids.Contains(entry.Id)))] };
    }

    private AgentAnswer Limit(AgentRequest request)
    {
        if (request.AtOnce is { } many && many is < 1 or > QueueSettings.MostAtOnce)
            throw new AgentException(AgentException.BadRequest, $"From 1 to {QueueSettings.MostAtOnce} may run at once.");
        var bandwidth = request.Bandwidth;
        if (QueueEntry.Faults(new Plan { Bandwidth = bandwidth }) is { } wrong)
            throw new AgentException(AgentException.BadRequest, wrong);
        if (request.Ids is { Count: > 0 } ids)
        {
            var own = bandwidth is null || AgentQueue.IsOff(bandwidth) ? null : bandwidth;
            var changed = queue.Change(ids, entry => entry with { Plan = entry.Plan with { Bandwidth = own } });
            return new AgentAnswer { Queue = Queue(), Entries = [.. Views(changed)] };
        }

        queue.Limit(request.AtOnce, bandwidth);
        return new AgentAnswer { Queue = Queue() };
    }

    private QueueView Queue()
    {
        var settings = queue.Settings;
        return new QueueView(settings.IsPaused, settings.AtOnce, settings.Bandwidth, queue.Entries.Count, runner.Now.Count);
    }

    private IEnumerable<EntryView> Views(IEnumerable<QueueEntry> entries)
    {
        var running = runner.Now;
        foreach (var entry in entries)
        {
            var runs = running.TryGetValue(entry.Id, out var progress);
            var verdict = entry.State == EntryState.Waiting && !runs ? runner.Why(entry) : null;
            yield return new EntryView
            {
                Id = entry.Id,
                Name = entry.Name,
                State = entry.State switch
                {
                    EntryState.Waiting => runs ? "running" : "waiting",
                    EntryState.Paused => "paused",
                    EntryState.Failed => "failed",
                    _ => "cancelling",
                },
                Reason = verdict is null ? null : verdict.Reason ?? "others run before it",
                Until = verdict?.Reason is null ? null : verdict.Until,
                Work = entry.Work.WithoutSecrets(),
                Plan = entry.Plan,
                AddedAt = entry.AddedAt,
                Failures = entry.Failures,
                Fault = entry.Fault,
                Progress = runs ? progress : null,
            };
        }
    }
}
