using ChunkUpload.Client.State;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.Sync;

/// <summary>
/// A round that brings a local folder (the left side) and a folder of a service (the right side) together:
/// 1. the answers of people become durable;
/// 2. both sides are scanned, and each proves that it is the one that was chosen;
/// 3. the plan follows from the base and both sides, for which some files may have to be read;
/// 4. removals: two scans must have found them, and the brake or a person lets them pass;
/// 5. conflicts: the rule or a person decides;
/// 6. the steps, each of which compares once more what it changes;
/// 7. the report.
/// Nothing of a round is kept but the base: one that was killed is repeated.
/// </summary>
internal sealed class SyncRound(
    SyncStore store, LocalSide local, ServiceSide service, LocalNames names, SyncSettings settings, SyncTold first, TimeProvider time,
    Action<SyncNote> report)
{
    private const string Away = "away", Waiting = "waiting", NeedsYou = "needs_you", InStep = "in_step";

    private readonly SyncFailures _failures = new(time);
    private readonly List<SyncDecidedLine> _takenBack = [];
    private Dictionary<string, long> _missing = new(StringComparer.Ordinal);
    private DateOnly _purged;

    /// <summary>Called before each record of the base, where a test ends the process.</summary>
    public Action? BeforeRecord { get; init; }

    public async Task<SyncOutcome> RunAsync(CancellationToken stop)
    {
        try
        {
            return await LookAsync(stop);
        }
        catch (TransferException failure)
        {
            return End(Last with { State = Waiting, Reason = failure.Message }) with { Fault = failure };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return End(Last with { State = Waiting, Reason = failure.Message }) with
            {
                Fault = TransferException.Local(failure.Message, failure),
            };
        }
    }

    /// <summary>The previous report, if a round could not scan both sides: its questions stay open.</summary>
    private SyncTold Last => store.Files.Read() ?? first;

    private async Task<SyncOutcome> LookAsync(CancellationToken stop)
    {
        // 1. The answers of people become durable.
        if (!settings.DryRun)
            store.Files.TakeReplies(Take);

        // 2. Both sides are scanned, and each proves that it is the one that was chosen.
        if (!await service.FindRootAsync(store.Root, first.Path, !settings.DryRun, stop))
        {
            return End(Last with
            {
                State = Away,
                Reason = "The folder at the service is away: removed, in the trash, or not yours any more.",
            });
        }

        if (store.Root is null)
        {
            await service.RefuseEncryptedAsync(stop);
            if (!settings.DryRun && local.IsPresent)
                store.Begin(service.Root, local.Folder);
        }

        if (local.Look(store.Bases, stop) is not { } left)
        {
            return End(Last with
            {
                State = Away,
                Reason = $"{local.Root} is away: its file {FolderProof.Syncing.FileName} is missing, so its disk may not be mounted. "
                    + "Nothing is copied or removed until it returns.",
            });
        }

        if (await TakeBackAsync(stop) && local.Look(store.Bases, stop) is { } anew)
            left = anew;
        var right = await service.LookAsync(settings.Rules, stop);
        if (!settings.DryRun)
            names.Assign(left.Items, right);
        var (plan, unread) = await PlanAsync(left.Items, right, stop);

        IReadOnlyList<SyncAction> onOneSide = [];
        if (service.IsRestored)
            (plan, onOneSide) = SyncAfterRestore.Split(plan);

        // 4. Removals: two scans must have found them, and the brake or a person lets them pass.
        var removals = plan.Actions.Where(action => action.Kind == SyncActionKind.Remove).ToList();
        var (question, allowed, isAnswered) =
            service.IsRestored ? AskAfterRestore(onOneSide) : Ask(plan, removals, left.Items, right);
        var returns = isAnswered && allowed.Count == 0;
        var second = isAnswered ? allowed : [.. allowed.Where(IsSecondLook)];

        // 5. Conflicts: the rule or a person decides.
        var decisions = SyncQuestions.DecisionsOf(plan.Conflicts, store.Answers, settings.Rule);
        var decided = SyncQuestions.Carry(
            store.Bases, left.Items, right, decisions, time.GetUtcNow(), Environment.MachineName, "service");

        // 6. The steps, each of which compares once more what it changes.
        var steps = new SyncSteps(store, local, service, settings, right, _failures, time, report)
        {
            BeforeRecord = BeforeRecord,
        };
        if (settings.DryRun)
            steps.Tell(plan, decisions);
        else
            await steps.RunAsync(plan, second, decisions, decided, isAnswered, stop);

        // 7. The report.
        var told = first with
        {
            At = time.GetUtcNow(),
            State = question is not null || decisions.Any(one => one.Answer is null) ? NeedsYou
                : settings.DryRun && steps.Planned > 0 ? Waiting
                : _failures.Count > 0 || steps.Fault is not null || unread > 0 || plan.Waiting.Count > 0 ? Waiting
                : InStep,
            Reason = settings.DryRun && steps.Planned > 0 ? $"{steps.Planned} steps would follow" : steps.Fault?.Message
                ?? (_failures.Count > 0 ? $"{_failures.Count} items could not be brought over, and are tried again."
                    : plan.Waiting.Count > 0 ? $"{plan.Waiting.Count} files are open in a program, or new and empty, and follow later."
                    : null),
            Question = question,
            Conflicts = [.. decisions.Where(one => one.Answer is null).Select(Shown)],
            Failing = _failures.Reasons,
            LeftOut = LeftOut(left.Items) + LeftOut(right),
            Items = store.Bases.Count,
        };
        var waits = removals.Count > 0 && question is null && second.Count < removals.Count;
        Remember(question is null ? removals : []);
        if (!settings.DryRun && steps.Fault is null)
            Settle(question is not null || (service.IsRestored && isAnswered && steps.WasSurprised));
        return End(told) with
        {
            Fault = steps.Fault,
            Failing = _failures.First,
            HasWaiting = plan.Waiting.Count > 0,
            Steps = steps.Count,
            Again = settings.DryRun || steps.Fault is not null ? null
                : steps.Count > 0 || returns ? TimeSpan.Zero
                : waits || steps.WasSurprised ? settings.SecondLook
                : left.Moving > 0 ? settings.Rest
                : null,
        };
    }

    private async Task<(SyncPlan Plan, int Unread)> PlanAsync(
        Dictionary<string, SyncEntry> left, Dictionary<string, SyncEntry> right, CancellationToken stop)
    {
        // 3. The plan follows from the base and both sides, for which some files may have to be read.
        var unread = new HashSet<SyncReading>();
        var waiting = SyncWaiting.Find(store.Bases, left, right, time.GetUtcNow());
        while (true)
        {
            var plan = SyncRules.Plan(SyncWay.Both, store.Bases, left, right, store.Restless, waiting);
            var readings = plan.Readings.Where(reading => !unread.Contains(reading)).ToList();
            if (readings.Count == 0)
                return (plan, unread.Count);
            foreach (var reading in readings)
            {
                stop.ThrowIfCancellationRequested();
                var (path, isLeft) = (reading.Path, reading.Side == SyncSide.Left);
                var read = isLeft ? await local.ReadAsync(path, left[path], stop) : await service.ReadAsync(path, right[path], stop);
                if (read is not null)
                    (isLeft ? left : right)[path] = read;
                else
                    _ = unread.Add(reading); // Its path stays undecided until the next scan.
            }
        }
    }

    private void Take(SyncReply reply)
    {
        if (!reply.TakesBack)
            store.Answer(reply.Path, reply.About, reply.Answer);
        else if (store.Decided.GetValueOrDefault(reply.About) is { CanTakeBack: true } decided)
            _takenBack.Add(decided);
    }

    /// <summary>Restores files that were replaced after conflicts. This is a normal change, which is applied to the other side.</summary>
    private async Task<bool> TakeBackAsync(CancellationToken stop)
    {
        foreach (var decided in _takenBack)
        {
            var isKept = decided.Kept is { } kept && local.IsKept(kept);
            var isBack = decided.Kept is null
                ? await service.RestoreAsync(decided.Entry!, decided.Number!.Value, stop)
                : isKept && local.Restore(decided.Path, decided.Kept);
            report(isBack
                ? new SyncNote("taken back", null, decided.Path)
                : new SyncNote("failed", null, decided.Path, isKept
                    ? "Something else is in its place. What was replaced is still kept."
                    : "What was replaced is not kept any more."));
            if (isBack || !isKept)
                store.Decide(decided with { IsTakenBack = true });
        }

        var any = _takenBack.Count > 0;
        _takenBack.Clear();
        return any;
    }

    /// <summary>Decides which removals may be done, and whether a person is asked: an answer counts for the list that was shown.</summary>
    private (SyncQuestion? Question, IReadOnlyList<SyncAction> Allowed, bool IsAnswered) Ask(
        SyncPlan plan, IReadOnlyList<SyncAction> removals, Dictionary<string, SyncEntry> left, Dictionary<string, SyncEntry> right)
    {
        var asks = service.WasReset || Stops(SyncSide.Right, left) || Stops(SyncSide.Left, right);
        if (!asks || SyncQuestions.OfRemovals(removals) is not { } question)
            return (null, removals, false);
        switch (store.AnswerTo(question))
        {
            case null:
                return (question, [], false);
            case SyncAnswer.Apply:
                return (null, removals, true);
            default:
                // They are restored, because their removal was not approved.
                Forget(removals);
                return (null, [], true);
        }

        bool Stops(SyncSide side, Dictionary<string, SyncEntry> other) => RemovalBrake.Stops(
            plan.RemovalsAt(side), store.RecentRemovals, store.Bases.Count, !other.Values.Any(item => item.LeftOut is null));
    }

    /// <summary>Asks about all that only one side has, whether or not the base has it.</summary>
    /// <param name="removals">What removes it.</param>
    private (SyncQuestion? Question, IReadOnlyList<SyncAction> Allowed, bool IsAnswered) AskAfterRestore(
        IReadOnlyList<SyncAction> removals)
    {
        if (SyncQuestions.OfOneSide(removals) is not { } question)
            return (null, [], false);
        switch (store.AnswerTo(question))
        {
            case null:
                return (question, [], false);
            case SyncAnswer.Apply:
                return (null, removals, true);
            default:
                Forget(removals);
                return (null, [], true);
        }
    }

    private void Forget(IReadOnlyList<SyncAction> removals)
    {
        if (!settings.DryRun)
            store.Record([], removals.Select(action => action.Path));
    }

    private bool IsSecondLook(SyncAction removal) =>
        _missing.TryGetValue(removal.Path, out var since) && time.GetElapsedTime(since) >= settings.SecondLook;

    private void Remember(IReadOnlyList<SyncAction> removals)
    {
        var now = time.GetTimestamp();
        _missing = removals.ToDictionary(
            action => action.Path, action => _missing.GetValueOrDefault(action.Path, now),
            StringComparer.Ordinal);
    }

    /// <summary>Records how far the changes were read, so that a later process knows whether it has missed some.</summary>
    private void Settle(bool isAsked)
    {
        service.WasReset &= isAsked;
        if (!service.WasReset)
        {
            service.KnownGeneration = service.Generation;
            store.MoveTo(service.Cursor, service.Generation);
        }

        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        if (today == _purged)
            return;
        _purged = today;
        local.Purge();
    }

    private SyncToldConflict Shown(SyncDecision one) => new(
        SyncSteps.IdOf(one), one.Conflict.Path, SyncQuestions.WordOf(one.Conflict.Kind), one.Digest, SyncToldSide.Of(one.Conflict.Left),
        SyncToldSide.Of(one.Conflict.Right), service.Find(one.Conflict.Path)?.By);

    private static int LeftOut(Dictionary<string, SyncEntry> items) =>
        items.Count(item => item.Value.LeftOut is not null && !item.Key.StartsWith(SyncSettings.OwnPrefix, StringComparison.Ordinal));

    private SyncOutcome End(SyncTold told)
    {
        told = told with { At = time.GetUtcNow(), Decided = [.. store.Decided.Values.OrderByDescending(one => one.At)] };
        if (!settings.DryRun)
            store.Files.Tell(told);
        return new SyncOutcome(told);
    }
}
