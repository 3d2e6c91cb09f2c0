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
        var opened = await ends.OpenAsync(caller, pair.Left.Connection, pair.Right.Connection, pair.Options, cancellationToken);
        if (!opened.Ok)
            return await FaultedAsync(lease, pair, opened.Fault);
        using var sides = opened.Value;
        var sequence = pair.Left.Connection is null ? await ledger.SequenceAsync(pair.Left.Root, cancellationToken) : null;
        var looked = await look.LookAsync(pair, sides, lease.Progress, cancellationToken);
        if (!looked.Ok)
            return await FaultedAsync(lease, pair, looked.Fault);
        var found = looked.Value;

        // 3.
        var records = new SyncRecords();
        var steps = new SyncSteps(pair, sides, found, records, trees);
        steps.Adopt();
        var (question, removals, decided, chosen) = Ask(pair, found, records);
        await steps.MakeFoldersAsync(cancellationToken);
        await steps.MoveAsync(cancellationToken);

        // 4.
        var isAnswered = pair.Answer == SyncAnswer.Apply && question is null;
        var second = removals.ToLookup(action => isAnswered || found.Bases.Missing.Contains(action.Path));
        await steps.RemoveAsync([.. second[true]], decided, cancellationToken);
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
            LeftOut = found.LeftOut,
        };
        var copies = Copies(found, chosen);
        if (copies.Count > 0)
        {
            var draft = new TransferDraft(pair.Title, pair.Left.Connection, [], pair.Right.Connection, pair.Right.Root)
            {
                Options = pair.Options,
                Id = Guid.NewGuid(),
            };
            var refusal = await maker.MakeOfPairAsync(caller, pair.Id, draft, pair.Right.Name, copies, CancellationToken.None);
            if (refusal is not null)
                return await EndAsync(lease, pair, Waiting(pair, refusal.Detail, null), AfterFault);
            end = end with { State = SyncState.Copying, Transfer = draft.Id };
        }
        else if (second[false].Any() || decided.Count > 0 || records.Gone.Count > 0)
            return await EndAsync(lease, pair, end with { State = question is null ? SyncState.Looking : end.State }, SecondLook);
        else
        {
            await sides.Sink.PurgeKeptAsync(time.GetUtcNow() - KeepFor, cancellationToken);
            if (question is null && found.Bases.Failing.Count > 0)
                end = end with { State = SyncState.Waiting, Reason = FailingSentence(found.Bases.Failing.Count) };
        }

        return await EndAsync(lease, pair, end, copies.Count > 0 ? WhileCopying : pair.Interval);
    }

    private static string FailingSentence(int files) => $"{files} files could not be copied, and are tried again.";

    /// <summary>Decides which removals may be done, and what the owner is asked: an answer counts for the list that was shown.</summary>
    private static Decision Ask(SyncPair pair, SyncFound found, SyncRecords records)
    {
        var removals = found.Plan.Actions.Where(action => action.Kind == SyncActionKind.Remove).ToList();
        var isStopped = found.StopsRemovals;
        var question = SyncQuestions.Of(isStopped ? removals : [], found.Plan.Conflicts);
        if (question is null)
            return new Decision(null, removals, [], []);
        if (pair.Answer is null || pair.AnsweredDigest != question.Digest)
            return new Decision(question, isStopped ? [] : removals, [], []);
        if (pair.Answer == SyncAnswer.Apply)
        {
            var (decided, copies) = SyncQuestions.Apply(records, found, found.Plan.Conflicts);
            return new Decision(null, removals, decided, copies);
        }

        SyncQuestions.Leave(records, found, isStopped ? removals : [], found.Plan.Conflicts);
        return new Decision(null, isStopped ? [] : removals, [], []);
    }

    /// <summary>The files to copy: those of the plan, and those for which the owner has decided that the left side counts.</summary>
    private static List<(SourceItem Item, string Path, SinkEntry? There)> Copies(SyncFound found, IReadOnlyList<SyncAction> chosen) =>
        [.. found.Plan.Actions.Where(action => action.Kind == SyncActionKind.Copy).Concat(chosen)
            .Where(copy => !found.Bases.Failing.ContainsKey(copy.Path)).Take(MostCopies)
            .Select(copy => (ItemOf(copy.Path, copy.Left!), copy.Path, copy.Right is { } there ? EntryOf(copy.Path, there) : null))];

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

    /// <param name="Removals">What is removed if two looks agree.</param>
    /// <param name="Decided">What is removed because the owner has decided so.</param>
    /// <param name="Chosen">What is copied because the owner has decided so.</param>
    private sealed record Decision(
        SyncQuestion? Question, IReadOnlyList<SyncAction> Removals, IReadOnlyList<SyncAction> Decided, IReadOnlyList<SyncAction> Chosen);

    [LoggerMessage(7901, LogLevel.Information, "Pair {Pair}: {Kind}: {Sentence}")]
    private partial void Faulted(Guid pair, FaultKind kind, string sentence);
}
