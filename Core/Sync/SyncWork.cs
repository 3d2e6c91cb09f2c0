using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using ChunkUpload.Wire.Sync;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Sync;

/// <summary>
/// Works on one pair: looks at both sides, does what needs no bytes, and hands the files to a transfer. Nothing of a look is kept in
/// memory: one that was killed is repeated from the base.
/// </summary>
/// <remarks>
/// 1. While files are being copied, it waits: what they become is recorded in the base with their end.
/// 2. It looks at both sides.
/// 3. It adopts what agrees, makes folders, and moves.
/// 4. Removals: two looks must have found them, and the brake or the owner lets them pass. What the owner was asked about, an earlier look
/// has found.
/// 5. It hands the files to a transfer.
/// </remarks>
public sealed partial class SyncWork(
    ISyncWorkLedger ledger, ITransferWorkLedger transfers, SyncLook look, SyncEnds ends, TransferMaker maker, IArrivalLedger trees,
    Credentials credentials, RunningCallers running, WorkQueue queue, TimeProvider time, ILogger<SyncWork> log) : IWorkKind
{
    private const int MostCopies = 5000;

    private static readonly TimeSpan WhileCopying = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(30);

    public const string KindName = "sync";

    public string Name => KindName;

    public int AtOnce => 2;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(5);

    public WorkBackoff Backoff => new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await ledger.GetAsync(lease.Reference, lease.Token) is not { State: not SyncState.Paused } pair)
            return WorkOutcome.Done;

        // 1.
        if (pair.Transfer is { } id && await transfers.GetAsync(id, lease.Token) is { HasEnded: false } copying)
            return await EndAsync(lease, pair, Copying(pair, copying), WhileCopying);
        var owner = await credentials.OfSubjectAsync(pair.Tenant, pair.Subject, pair.ApiKey, lease.Token);
        var caller = owner?.Within(pair.Scopes);
        if (caller is null || !caller.Scopes.HasFlag(pair.Needs))
            return await EndAsync(lease, pair, Waiting(pair, "Its owner may not do this at the moment.", WaitReason.Rights), AfterFault);
        using var work = running.Begin(
            caller with { Scopes = pair.Needs, SeesAll = false }, credentials.RecheckOf(pair.Tenant, pair.Subject, pair.ApiKey),
            $"sync:{pair.Id:n}", lease.Token);
        try
        {
            return await RunAsync(lease, pair, caller, work.Token);
        }
        catch (OperationCanceledException) when (!lease.Token.IsCancellationRequested)
        {
            return WorkOutcome.Postponed(AfterFault);
        }
    }

    private async Task<WorkOutcome> RunAsync(WorkLease lease, SyncPair pair, Caller caller, CancellationToken cancellationToken)
    {
        // 2.
        var opened = await ends.OpenAsync(caller, pair.Left.Connection, pair.Right.Connection, pair.Way, pair.Options, cancellationToken);
        if (!opened.Ok)
            return await FaultedAsync(lease, pair, opened.Fault);
        using var sides = opened.Value;
        var sequence = pair.Left.Connection is null ? await ledger.SequenceAsync(pair.Left.Root, cancellationToken) : null;
        var rightSequence = pair is { Way: SyncWay.Both, Right.Connection: null }
            ? await ledger.SequenceAsync(pair.Right.Root, cancellationToken)
            : null;
        var looked = await look.LookAsync(pair, sides, lease.Progress, cancellationToken);
        if (!looked.Ok)
            return await FaultedAsync(lease, pair, looked.Fault);
        var found = looked.Value;

        // 3.
        var records = new SyncRecords();
        var steps = new SyncSteps(pair, sides, found, records, trees);
        steps.Adopt();
        var (question, removals, isAnswered, decided) = Ask(pair, found, records);
        await steps.MakeFoldersAsync(cancellationToken);
        await steps.MoveAsync(cancellationToken);
        await steps.RenameAsync(decided.Renames, cancellationToken);

        // 4.
        var second = removals.ToLookup(action => isAnswered || found.Bases.Missing.Contains(action.Path));
        await steps.RemoveAsync([.. second[true]], decided.Removals, cancellationToken);
        records.Missing.AddRange(second[false].Select(action => action.Path));
        if (!await ledger.SaveAsync(lease.Item, pair, records, CancellationToken.None))
            return WorkOutcome.Unsure;
        if (steps.Fault is { } fault)
            return await FaultedAsync(lease, pair, fault);

        // 5.
        var end = new SyncLookEnd(question is null ? SyncState.InStep : SyncState.NeedsYou)
        {
            Question = question,
            Transfer = pair.Transfer,
            Sequence = sequence,
            RightSequence = rightSequence,
            LeftOut = found.LeftOut,
        };
        // A transfer has one direction: the copies to the other side follow when these have ended. An answer counts for this look only.
        var at = decided.Copies.Count > 0 ? decided.Copies[0].At : SyncSide.Right;
        var copies = Copies(found, decided.Copies, at);
        if (copies.Count == 0)
            copies = Copies(found, decided.Copies, at = SyncSide.Left);
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
        else if (second[false].Any() || decided.Removals.Count > 0 || records.Gone.Count > 0)
            return await EndAsync(lease, pair, end with { State = question is null ? SyncState.Looking : end.State }, SecondLook);
        else
        {
            await sides.RightSink.PurgeKeptAsync(time.GetUtcNow() - KeepFor, cancellationToken);
            if (sides.LeftSink is { } left)
                await left.PurgeKeptAsync(time.GetUtcNow() - KeepFor, cancellationToken);
            if (question is null && found.Bases.Failing.Count > 0)
                end = end with { State = SyncState.Waiting, Reason = FailingSentence(found.Bases.Failing.Count) };
        }

        return await EndAsync(lease, pair, end, copies.Count > 0 ? WhileCopying : pair.Interval);
    }

    private static string FailingSentence(int files) => $"{files} files could not be copied, and are tried again.";

    /// <summary>
    /// Decides which removals may be done, and what the owner is asked: an answer counts for the list that was shown. Conflicts are asked
    /// about after removals.
    /// </summary>
    private Decision Ask(SyncPair pair, SyncFound found, SyncRecords records)
    {
        var removals = found.Plan.Actions.Where(action => action.Kind == SyncActionKind.Remove).ToList();
        var conflicts = found.Plan.Conflicts;
        var stopped = found.StopsRemovals ? SyncQuestions.OfRemovals(removals) : null;
        var isAnswered = stopped is not null && pair.AnswerTo(stopped) is not null;
        if (stopped is not null && !isAnswered)
            return new Decision(stopped, [], false, SyncDecided.Nothing);
        if (isAnswered && pair.AnswerTo(stopped!) != SyncAnswer.Apply)
        {
            SyncQuestions.LeaveRemovals(records, removals);
            removals = [];
        }

        var asked = SyncQuestions.OfConflicts(conflicts);
        if (asked is null)
            return new Decision(null, removals, isAnswered, SyncDecided.Nothing);
        switch (pair.AnswerTo(asked))
        {
            case SyncAnswer.Apply:
                return new Decision(null, removals, isAnswered, SyncQuestions.Follow(records, found, conflicts, SyncSide.Right));
            case SyncAnswer.Right:
                return new Decision(null, removals, isAnswered, SyncQuestions.Follow(records, found, conflicts, SyncSide.Left));
            case SyncAnswer.Both:
                return new Decision(null, removals, isAnswered, SyncQuestions.KeepBoth(records, found, conflicts, time.GetUtcNow()));
            case SyncAnswer.Leave:
                SyncQuestions.LeaveConflicts(records, found, conflicts);
                return new Decision(null, removals, isAnswered, SyncDecided.Nothing);
            default:
                return new Decision(asked, removals, isAnswered, SyncDecided.Nothing);
        }
    }

    /// <summary>The files to copy to a side: those of the plan, and those for which the owner has decided.</summary>
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
        : new SyncLookEnd(SyncState.Copying) { Transfer = pair.Transfer, Question = pair.Question, LeftOut = pair.LeftOut };

    private static SyncLookEnd Waiting(SyncPair pair, string? reason, WaitReason? wait) => new(SyncState.Waiting)
    {
        Reason = reason,
        Wait = wait,
        Transfer = pair.Transfer,
        Question = pair.Question,
        LeftOut = pair.LeftOut,
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
        return EndAsync(lease, pair, Waiting(pair, sentence, wait), fault.After > AfterFault ? fault.After.Value : AfterFault);
    }

    private async Task<WorkOutcome> EndAsync(WorkLease lease, SyncPair pair, SyncLookEnd end, TimeSpan pause)
    {
        if (!await ledger.EndAsync(lease.Item, pair, end, pause, CancellationToken.None))
            return WorkOutcome.Unsure;
        queue.Wake();
        return WorkOutcome.Settled;
    }

    /// <param name="Removals">What is removed if two looks agree, or the owner has answered.</param>
    private sealed record Decision(SyncQuestion? Question, IReadOnlyList<SyncAction> Removals, bool IsAnswered, SyncDecided Decided);

    [LoggerMessage(7901, LogLevel.Information, "Pair {Pair}: {Kind}: {Sentence}")]
    private partial void Faulted(Guid pair, FaultKind kind, string sentence);
}
