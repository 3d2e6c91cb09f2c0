using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using ChunkUpload.Wire.Sync;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Sync;

/// <summary>
/// Processes one pair: scans both sides, runs the steps that copy no bytes, and starts a transfer for the files. No state of a scan is kept
/// in memory: after a kill it is repeated from the base.
/// </summary>
/// <remarks>
/// 1. While files are being copied, it waits. Their outcome is recorded in the base.
/// 2. It scans both sides, unless their feeds report no change.
/// 3. It adds equal items to the base, creates folders, and moves items.
/// 4. It removes items that two scans have found removed, if the limit or the owner permits it. Items that the owner was asked about were
/// found by an earlier scan.
/// 5. It starts a transfer for the files.
/// </remarks>
public sealed partial class SyncWork(
    ISyncWorkLedger ledger, ITransferWorkLedger transfers, SyncLook look, SyncEnds ends, TransferMaker maker, IArrivalLedger trees,
    SyncTimes times, Credentials credentials, RunningCallers running, WorkQueue queue, TimeProvider time, ILogger<SyncWork> log) : IWorkKind
{
    private const int MostCopies = 5000;

    /// <summary>The number of paths in an event.</summary>
    private const int MostNamed = 20;

    private static readonly TimeSpan WhileCopying = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(30);

    /// <summary>A connection that was interrupted once is usually available again immediately.</summary>
    private static readonly TimeSpan AfterFirstBreak = TimeSpan.FromSeconds(5);

    public const string KindName = "sync";

    public string Name => KindName;

    public int AtOnce => 2;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(5);

    public WorkBackoff Backoff => new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await ledger.GetAsync(lease.Reference, lease.Token) is not { State: not SyncState.Paused } pair)
            return WorkOutcome.Done;

        // 1. While files are being copied, it waits.
        var previous = pair.Transfer is { } id ? await transfers.GetAsync(id, lease.Token) : null;
        if (previous is { HasEnded: false })
            return await EndAsync(lease, pair, Copying(pair, previous), WhileCopying);
        if (times.ClosedFor(pair) is var (closed, why))
            return await EndAsync(lease, pair, Waiting(pair, why, WaitReason.Window), closed);
        var owner = await credentials.OfSubjectAsync(pair.Tenant, pair.Subject, pair.ApiKey, lease.Token);
        var caller = owner?.Within(pair.Scopes);
        if (caller is null || !caller.Scopes.HasFlag(pair.Needs))
            return await EndAsync(lease, pair, Waiting(pair, "Its owner may not do this at the moment.", WaitReason.Rights), AfterFault);
        using var work = running.Begin(
            caller with { Scopes = pair.Needs, SeesAll = false }, credentials.RecheckOf(pair.Tenant, pair.Subject, pair.ApiKey),
            $"sync:{pair.Id:n}", lease.Token);
        try
        {
            return await RunAsync(lease, pair, previous, caller, work.Token);
        }
        catch (OperationCanceledException) when (!lease.Token.IsCancellationRequested)
        {
            return WorkOutcome.Postponed(AfterFault);
        }
        catch (Exception reason) when (
            reason is not (OperationCanceledException or LedgerUnavailableException or FolderElsewhereException))
        {
            Broke(pair.Id, reason);
            return await EndAsync(
                lease, pair, Waiting(pair, "An internal error occurred; see the log of the service.", null), AfterFault);
        }
    }

    /// <param name="previous">The last transfer that copied for the pair.</param>
    private async Task<WorkOutcome> RunAsync(
        WorkLease lease, SyncPair pair, Transfer? previous, Caller caller, CancellationToken cancellationToken)
    {
        // 2. It scans both sides, unless their feeds report no change.
        var opened = await ends.OpenAsync(caller, pair.Left.Connection, pair.Right.Connection, pair.Way, pair.Options, cancellationToken);
        if (!opened.Ok)
            return await FaultedAsync(lease, pair, opened.Fault);
        using var sides = opened.Value;
        var news = await new SyncFeeds(pair, sides, ledger).ReadAsync(cancellationToken);
        if (!news.Ok)
            return await FaultedAsync(lease, pair, news.Fault);
        var (left, right) = (news.Value.Left, news.Value.Right);
        if (news.Value.IsQuiet && pair.State is (SyncState.InStep or SyncState.NeedsYou)
            && time.GetUtcNow() - pair.ListedAt < news.Value.LongestQuiet)
        {
            return await ledger.RestAsync(lease.Item, pair, left, right, times.RestOf(pair), CancellationToken.None)
                ? WorkOutcome.Settled
                : WorkOutcome.Unsure;
        }

        var looked = await look.LookAsync(pair, sides, lease.Progress, cancellationToken);
        if (!looked.Ok)
            return await FaultedAsync(lease, pair, looked.Fault);
        var found = looked.Value;

        // 3. It adds equal items to the base, creates folders, and moves items.
        var records = new SyncRecords();
        var steps = new SyncSteps(pair, sides, found, records, trees);
        steps.Adopt();
        var noticed = found.Plan.Actions
            .Where(action => action.Kind == SyncActionKind.Remove && found.Bases.Missing.Contains(action.Path));
        var asks = found.StopsRemovals || await steps.MayBeHiddenAsync(noticed, cancellationToken);
        var (question, removals, isAnswered) = pair.IsRestored ? AskAfterRestore(pair, found, records) : Ask(pair, found, records, asks);
        var rule = pair.Way == SyncWay.Both ? pair.ConflictRule : SyncConflictRule.Ask;
        var decisions = SyncQuestions.DecisionsOf(found.Plan.Conflicts, found.Bases.Answers, rule);
        var decided = SyncQuestions.Carry(found.Bases.ByPath, found.Left, found.Right, decisions, time.GetUtcNow());
        records.Take(decided);
        question ??= SyncQuestions.OfConflicts([.. decisions.Where(one => one.Answer is null)]);
        var second = removals.ToLookup(action => isAnswered || found.Bases.Missing.Contains(action.Path));
        await steps.MakeFoldersAsync(cancellationToken);
        await steps.MoveAsync(cancellationToken);
        await steps.RenameAsync(decided.Renames, cancellationToken);

        // 4. It removes items that two scans have found removed, if the limit or the owner permits it.
        if (!await steps.RemoveAsync(
                [.. second[true]], decided.Removals, part => ledger.SaveAsync(lease.Item, pair, part, CancellationToken.None),
                cancellationToken))
            return WorkOutcome.Unsure;
        records.Missing.AddRange(second[false].Select(action => action.Path));
        var refused = steps.Refused.Count == 0 ? null : RefusedSentence(steps.Refused);
        if (refused != pair.Reason)
            records.Events.AddRange(steps.Refused.Select(one => ("failed", (string?)one.Path, (string?)one.Sentence, (SyncSide?)null)));
        if (!await ledger.SaveAsync(lease.Item, pair, records, CancellationToken.None))
            return WorkOutcome.Unsure;
        if (steps.Fault is { } fault)
            return await FaultedAsync(lease, pair, fault);

        var isDone = found.Bases.Failing.Count == 0 && found.Plan.Waiting.Count == 0 && refused is null;

        // 5. Ask again about decisions that could not be carried out, such as the removal of a folder that is not empty.
        var undone = decided.Removals.Where(removal => !records.Gone.Contains(removal.Path)).Select(removal => removal.Path).ToList();
        var end = new SyncLookEnd(question is null ? SyncState.InStep : SyncState.NeedsYou)
        {
            IsRestored = pair.IsRestored && (question is { Removals: > 0 } || removals.Any(one => !records.Gone.Contains(one.Path))),
            Question = question,
            Transfer = pair.Transfer,
            Sequence = SyncNews.SequenceOf(pair.Left, left),
            RightSequence = SyncNews.SequenceOf(pair.Right, right),
            // Files that wait or could not be copied are checked again even if nothing changes.
            LeftPosition = isDone ? left : null,
            RightPosition = isDone ? right : null,
            LeftOut = found.LeftOut,
            Conflicts = decisions,
            Undone = [.. decisions.Select(one => one.Conflict.Path).Where(path => undone.Exists(gone => SyncQuestions.IsAt(gone, path)))],
        };
        // A transfer has one direction. The copies to the other side follow when these have ended, and the directions alternate.
        var at = previous is not null && previous.Destination == pair.Right.Connection && previous.Target == pair.Right.Root
            ? SyncSide.Left
            : SyncSide.Right;
        var copies = Copies(found, decided.Copies, at);
        if (copies.Count == 0)
        {
            at = at == SyncSide.Left ? SyncSide.Right : SyncSide.Left;
            copies = Copies(found, decided.Copies, at);
        }

        var moved = records.Events.Where(one => one.Kind == "moved").Select(one => one.Path!).ToList();
        List<string> touched = [.. copies.Select(copy => copy.Path), .. moved, .. records.Gone];
        if (touched.Count > 0)
            end = end with { Findings = new SyncFindings(copies.Count, moved.Count, records.Gone.Count, [.. touched.Take(MostNamed)]) };
        if (copies.Count > 0)
        {
            var (from, to) = at == SyncSide.Right ? (pair.Left, pair.Right) : (pair.Right, pair.Left);
            var draft = new TransferDraft(pair.Title, from.Connection, [], to.Connection, to.Root)
            {
                Options = pair.Options,
                Id = Guid.NewGuid(),
            };
            var refusal = await maker.MakeOfPairAsync(caller, pair.Id, draft, to.Name, copies, CancellationToken.None);
            if (refusal is not null)
                return await EndAsync(lease, pair, Waiting(pair, refusal.Detail, null), AfterFault);
            end = end with { State = SyncState.Copying, Transfer = draft.Id };
        }
        else if (second[false].Any() || (pair.IsRestored && !end.IsRestored) || decided.Removals.Count > 0 || records.Gone.Count > 0
                 || decisions.Any(one => one.Answer == SyncAnswer.Leave))
            return await EndAsync(lease, pair, end with { State = question is null ? SyncState.Looking : end.State }, SecondLook);
        else
        {
            await sides.RightSink.PurgeKeptAsync(pair.Right.Root, time.GetUtcNow() - IFollowingSink.KeptFor, cancellationToken);
            if (sides.LeftSink is { } sink)
                await sink.PurgeKeptAsync(pair.Left.Root, time.GetUtcNow() - IFollowingSink.KeptFor, cancellationToken);
            if (question is null && found.Bases.Failing.Count > 0)
                end = end with { State = SyncState.Waiting, Reason = FailingSentence(found.Bases.Failing.Count) };
            else if (question is null && found.Plan.Waiting.Count > 0)
                end = end with { State = SyncState.Waiting, Reason = WaitingSentence(found.Plan.Waiting) };
            else if (question is null && refused is not null)
                end = end with { State = SyncState.Waiting, Reason = refused };
            else if (question is null && pair.Once)
                end = end with { State = SyncState.Paused, Reason = "It runs once, and both sides are the same now." };
        }

        return await EndAsync(lease, pair, end, copies.Count > 0 ? WhileCopying : RestOf(pair, end));
    }

    /// <summary>
    /// Returns the time until the next scan. Items that wait or could not be copied are not delayed by the times of the pair.
    /// </summary>
    private TimeSpan RestOf(SyncPair pair, SyncLookEnd end) => end.State != SyncState.Waiting ? times.RestOf(pair)
        : pair.Interval < LongestWait ? pair.Interval : LongestWait;

    private static string WaitingSentence(IReadOnlyList<string> paths) =>
        paths.Count == 1
            ? $"{paths[0]} is open in a program, locked, or new and empty. It is copied later."
            : $"{paths.Count} files are open in a program, locked, or new and empty, such as {paths[0]}. They are copied later.";

    private static string FailingSentence(int files) =>
        files == 1 ? "A file could not be copied, and is tried again." : $"{files} files could not be copied, and are tried again.";

    private static string RefusedSentence(List<(string Path, string Sentence)> refused) => refused.Count == 1
        ? $"{refused[0].Path} cannot be brought over: {refused[0].Sentence}"
        : $"{refused.Count} items cannot be brought over, such as {refused[0].Path}: {refused[0].Sentence}";

    /// <summary>
    /// Decides which removals may be done, and whether the owner is asked about them. An answer applies to the list that was shown.
    /// Conflicts are asked about after removals.
    /// </summary>
    /// <param name="asks">Whether the owner is asked before anything is removed.</param>
    private static Decision Ask(SyncPair pair, SyncFound found, SyncRecords records, bool asks)
    {
        var removals = found.Plan.Actions.Where(action => action.Kind == SyncActionKind.Remove).ToList();
        var stopped = asks ? SyncQuestions.OfRemovals(removals) : null;
        if (stopped is null)
            return new Decision(null, removals, IsAnswered: false);
        switch (pair.AnswerTo(stopped))
        {
            case null:
                // The next scan then does not treat them as newly missing.
                records.Missing.AddRange(removals.Select(action => action.Path));
                return new Decision(stopped, [], IsAnswered: false);
            case SyncAnswer.Apply:
                return new Decision(null, removals, IsAnswered: true);
            default:
                // In a one-way pair the items stay; in a two-way pair they are copied back.
                records.Gone.AddRange(removals.Select(action => action.Path));
                records.Events.Add(("left", null, $"{removals.Count} removals", null));
                return new Decision(null, [], IsAnswered: true);
        }
    }

    /// <summary>Asks about all items that only one side has, whether or not they are in the base.</summary>
    private static Decision AskAfterRestore(SyncPair pair, SyncFound found, SyncRecords records)
    {
        if (SyncQuestions.OfOneSide(found.OnOneSide) is not { } question)
            return new Decision(null, [], IsAnswered: false);
        switch (pair.AnswerTo(question))
        {
            case null:
                return new Decision(question, [], IsAnswered: false);
            case SyncAnswer.Apply:
                return new Decision(null, found.OnOneSide, IsAnswered: true);
            default:
                records.Gone.AddRange(found.OnOneSide.Select(action => action.Path).Where(found.Bases.ByPath.ContainsKey));
                records.Events.Add(("left", null, $"{found.OnOneSide.Count} items", null));
                return new Decision(null, [], IsAnswered: true);
        }
    }

    /// <summary>Returns the files to copy to a side: those of the plan, and those that the owner has decided.</summary>
    private static List<(SourceItem Item, string Path, SinkEntry? There)> Copies(
        SyncFound found, IReadOnlyList<SyncAction> decided, SyncSide at)
    {
        return [.. decided.Concat(found.Plan.Actions.Where(action => action.Kind == SyncActionKind.Copy))
            .Where(copy => copy.At == at && !found.Bases.Failing.ContainsKey(copy.Path)).Take(MostCopies)
            .Select(CopyOf)];

        (SourceItem Item, string Path, SinkEntry? There) CopyOf(SyncAction copy)
        {
            var (from, there) = at == SyncSide.Right ? (copy.Left!, copy.Right) : (copy.Right!, copy.Left);
            return (ItemOf(copy.Path, from), copy.Path, there is null ? null : EntryOf(copy.Path, there));
        }
    }

    private static SourceItem ItemOf(string path, SyncEntry entry) =>
        new(entry.Id, path[(path.LastIndexOf('/') + 1)..], StorageItemKind.File) { Size = entry.Size, Modified = entry.Modified };

    private static SinkEntry EntryOf(string path, SyncEntry entry) =>
        new(entry.Id, path[(path.LastIndexOf('/') + 1)..], StorageItemKind.File) { Pin = entry.Version };

    private static SyncLookEnd Copying(SyncPair pair, Transfer copying) => copying.Wait is { } wait
        ? Waiting(pair, copying.Reason, wait.Reason)
        : new SyncLookEnd(SyncState.Copying)
        {
            Transfer = pair.Transfer,
            Question = pair.Question,
            LeftOut = pair.LeftOut,
            IsRestored = pair.IsRestored,
        };

    private static SyncLookEnd Waiting(SyncPair pair, string? reason, WaitReason? wait) => new(SyncState.Waiting)
    {
        Reason = reason,
        Wait = wait,
        Transfer = pair.Transfer,
        Question = pair.Question,
        LeftOut = pair.LeftOut,
        IsRestored = pair.IsRestored,
    };

    private Task<WorkOutcome> FaultedAsync(WorkLease lease, SyncPair pair, StorageFault fault)
    {
        Faulted(pair.Id, fault.Kind, fault.Sentence);
        WaitReason? wait = fault.Kind switch
        {
            FaultKind.SignIn or FaultKind.Approval or FaultKind.AppSecret => WaitReason.SignIn,
            FaultKind.Throttled => WaitReason.RateLimit,
            FaultKind.DailyLimit => WaitReason.DailyLimit,
            FaultKind.Full => WaitReason.Quota,
            FaultKind.Space => WaitReason.Space,
            FaultKind.Transient => WaitReason.Network,
            _ => null,
        };
        var sentence = $"{(fault.AtDestination ? "Right" : "Left")} side: {fault.Sentence}";
        var pause = wait == WaitReason.Network && pair.Wait != WaitReason.Network ? AfterFirstBreak : AfterFault;
        return EndAsync(lease, pair, Waiting(pair, sentence, wait), fault.After > pause ? fault.After.Value : pause);
    }

    private async Task<WorkOutcome> EndAsync(WorkLease lease, SyncPair pair, SyncLookEnd end, TimeSpan pause)
    {
        if (!await ledger.EndAsync(lease.Item, pair, end, pause, CancellationToken.None))
            return WorkOutcome.Unsure;
        queue.Wake();
        return WorkOutcome.Settled;
    }

    /// <param name="Removals">The items that are removed if two scans agree, or the owner has answered.</param>
    private sealed record Decision(SyncQuestion? Question, IReadOnlyList<SyncAction> Removals, bool IsAnswered);

    [LoggerMessage(7901, LogLevel.Information, "Pair {Pair}: {Kind}: {Sentence}")]
    private partial void Faulted(Guid pair, FaultKind kind, string sentence);

    [LoggerMessage(7908, LogLevel.Error, "Pair {Pair} failed unexpectedly")]
    private partial void Broke(Guid pair, Exception reason);
}
