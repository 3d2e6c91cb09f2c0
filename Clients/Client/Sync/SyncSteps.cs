using System.Globalization;
using ChunkUpload.Client.State;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.Sync;

/// <summary>
/// Does the steps of a plan. Each compares what it changes with what the scan has seen; if that is something else by now, the step is left
/// to the next scan, and so is what a kill leaves between a step and its record.
/// </summary>
internal sealed class SyncSteps(
    SyncStore store, LocalSide local, ServiceSide service, SyncSettings settings, IReadOnlyDictionary<string, SyncEntry> right,
    SyncFailures failures, TimeProvider time, Action<SyncNote> report)
{
    private const int CopiesAtOnce = 6;

    private readonly Lock _gate = new();
    private int _count;

    public Action? BeforeRecord { get; init; }

    /// <summary>The first failure that concerns more than one item.</summary>
    public TransferException? Fault { get; private set; }

    /// <summary>How many steps were done.</summary>
    public int Count => _count;

    /// <summary>The number of reported steps.</summary>
    public int Planned { get; private set; }

    /// <summary>Gets a value that indicates whether a side had something else by then than the scan has seen.</summary>
    public bool WasSurprised { get; private set; }

    /// <summary>The name of a conflict for people.</summary>
    public static string IdOf(SyncDecision one) => one.Digest[..10];

    /// <summary>Reports the steps without doing them.</summary>
    public void Tell(SyncPlan plan, IReadOnlyList<SyncDecision> decisions)
    {
        foreach (var action in plan.Actions.Where(action => action.Kind is not (SyncActionKind.Adopt or SyncActionKind.Forget)))
        {
            Planned++;
            report(new SyncNote(WordOf(action), action.At, action.Path, action.From is { } from ? $"from {from}" : null));
        }

        foreach (var one in decisions)
            report(new SyncNote("conflict", null, one.Conflict.Path, one.Answer is { } answer ? $"decided: {answer}" : null));
    }

    public async Task RunAsync(
        SyncPlan plan, IReadOnlyList<SyncAction> removals, IReadOnlyList<SyncDecision> decisions, SyncDecided decided, bool isAnswered,
        CancellationToken stop)
    {
        failures.Keep(plan.Actions.Concat(decided.Copies).Concat(decided.Renames).Concat(decided.Removals)
            .Select(action => action.Path).ToHashSet(StringComparer.Ordinal));
        Adopt(plan, decided);
        foreach (var action in Of(plan, SyncActionKind.MakeFolder))
            await StepAsync(action, () => MakeFolderAsync(action, stop), stop);
        foreach (var action in Of(plan, SyncActionKind.Move))
            await StepAsync(action, () => MoveAsync(action, stop), stop);
        foreach (var action in decided.Renames)
            await StepAsync(action, () => RenameAsync(action, decisions, stop), stop);
        var byPath = decisions.ToDictionary(one => one.Conflict.Path, StringComparer.Ordinal);
        var copies = Of(plan, SyncActionKind.Copy).Select(action => (Action: action, Decision: default(SyncDecision?)))
            .Concat(decided.Copies.Select(action => (Action: action, Decision: (SyncDecision?)byPath[action.Path])));
        await Parallel.ForEachAsync(
            copies,
            new ParallelOptions { MaxDegreeOfParallelism = CopiesAtOnce, CancellationToken = stop },
            async (copy, token) =>
                await StepAsync(copy.Action, () => CopyAsync(copy.Action, copy.Decision, token), token));
        foreach (var action in removals)
            await StepAsync(action, () => RemoveAsync(action, isDecided: false, counts: !isAnswered, stop), stop);
        foreach (var action in decided.Removals)
            await StepAsync(action, () => RemoveAsync(action, isDecided: true, counts: false, stop), stop);
    }

    private static IEnumerable<SyncAction> Of(SyncPlan plan, SyncActionKind kind) => plan.Actions.Where(action => action.Kind == kind);

    private void Adopt(SyncPlan plan, SyncDecided decided)
    {
        var agreed = new Dictionary<string, SyncBase>(decided.Agreed, StringComparer.Ordinal);
        foreach (var action in Of(plan, SyncActionKind.Adopt))
            agreed[action.Path] = new SyncBase(Known(action.Left!, action.Right!), Known(action.Right!, action.Left!));
        BeforeRecord?.Invoke();
        store.Record(agreed, Of(plan, SyncActionKind.Forget).Select(action => action.Path).Concat(decided.Gone));
        // What was left as it is, and what left the base by a decision, is seen by the next scan.
        _count += decided.Gone.Count;
    }

    /// <summary>Both have the same content, so what one side knows of it the base knows of both.</summary>
    private static SyncEntry Known(SyncEntry entry, SyncEntry other) =>
        entry.Digests.Count == 0 && !entry.IsFolder ? entry with { Digests = other.Digests } : entry;

    /// <param name="step">Returns false if a side is not as the scan has seen it.</param>
    private async Task StepAsync(SyncAction action, Func<Task<bool>> step, CancellationToken stop)
    {
        if (Fault is not null || failures.Waits(action.Path))
            return;
        try
        {
            if (!await step())
            {
                Surprised(action);
                return;
            }

            failures.Remove(action.Path);
            _ = Interlocked.Increment(ref _count);
            report(new SyncNote(WordOf(action), action.At, action.Path, action.From is { } from ? $"from {from}" : null));
        }
        catch (TransferException failure) when (!stop.IsCancellationRequested)
        {
            Failed(action, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Failed(action, TransferException.Local(failure.Message, failure));
        }
    }

    /// <summary>Leaves the step to the next scan, which follows soon. The pause grows if the item keeps changing.</summary>
    private void Surprised(SyncAction action)
    {
        failures.Add(action.Path, new TransferException(TransferFailure.Conflict, "Something else is there than the look has seen."));
        WasSurprised |= !failures.Waits(action.Path);
    }

    private void Failed(SyncAction action, TransferException failure)
    {
        switch (failure.Failure)
        {
            case TransferFailure.Conflict or TransferFailure.SourceChanged or TransferFailure.NotFound:
                Surprised(action);
                return;
            case TransferFailure.LocalFile or TransferFailure.Refused or TransferFailure.Quota or TransferFailure.Checksum:
                failures.Add(action.Path, failure);
                report(new SyncNote("failed", action.At, action.Path, failure.Message));
                return;
            case TransferFailure.Server when failure.Status == 423:
                failures.Add(action.Path, failure);
                return;
            default:
                lock (_gate)
                    Fault ??= failure;
                return;
        }
    }

    private async Task<bool> MakeFolderAsync(SyncAction action, CancellationToken stop)
    {
        SyncEntry made;
        if (action.At == SyncSide.Left)
        {
            if (local.MakeFolder(action.Path) is not { IsFolder: true } folder)
                return false;
            made = folder;
        }
        else
        {
            if (!service.HasFolder(action.Path) || local.Stat(action.Path) is not { IsFolder: true })
                return false;
            made = (await service.MakeFolderAsync(action.Path, stop)).ToEntry();
        }

        return Agree(
            action.Path, action.At == SyncSide.Left ? new SyncBase(made, action.Right!) : new SyncBase(action.Left!, made), action.At);
    }

    private async Task<bool> MoveAsync(SyncAction action, CancellationToken stop)
    {
        var before = store.Bases[action.From!];
        SyncBase after;
        if (action.At == SyncSide.Left)
        {
            if (local.Move(action.From!, action.Path, action.Left!) is not { } moved)
                return false;
            after = before with { Left = before.Left with { Identity = moved.Identity, Version = moved.Version } };
        }
        else
        {
            if (!service.HasFolder(action.Path) || service.Find(action.From!) is not { } item || item.FileId != action.Right!.Version)
                return false;
            var moved = await service.MoveAsync(action.From!, action.Path, stop);
            after = before with { Right = before.Right! with { Id = moved.Id, Version = moved.FileId } };
        }

        BeforeRecord?.Invoke();
        store.Record([new(action.Path, after)], [action.From!]);
        return true;
    }

    /// <summary>Gives one file of a conflict another name. Then both names are new on one side, and the next scan copies them.</summary>
    private async Task<bool> RenameAsync(SyncAction action, IReadOnlyList<SyncDecision> decisions, CancellationToken stop)
    {
        if (action.At == SyncSide.Left)
        {
            if (local.Move(action.From!, action.Path, action.Left!) is null)
                return false;
        }
        else
            _ = await service.MoveAsync(action.From!, action.Path, stop);
        BeforeRecord?.Invoke();
        store.Record([], [action.From!]);
        Decided(decisions.First(one => one.Conflict.Path == action.From), null, null, null);
        return true;
    }

    private async Task<bool> CopyAsync(SyncAction action, SyncDecision? decision, CancellationToken stop) => action.At == SyncSide.Right
        ? await SendAsync(action, decision, stop)
        : await FetchAsync(action, decision, stop);

    private async Task<bool> SendAsync(SyncAction action, SyncDecision? decision, CancellationToken stop)
    {
        var (path, source) = (action.Path, action.Left!);
        var seen = action.Right is null ? null : service.Find(path);
        if ((action.Right is null) != (seen is null) || !service.HasFolder(path) || local.Stat(path)?.Version != source.Version)
            return false;
        int? number = null;
        // The loser of a conflict is kept first: as an earlier version with a name, which stays as long as its file.
        if (decision is not null && seen is not null)
        {
            number = seen.Number;
            var name = string.Create(CultureInfo.InvariantCulture, $"Replaced after a conflict, {time.GetUtcNow():yyyy-MM-dd HH:mm}");
            if (await service.KeepAsync(path, seen, name, stop) is not { } kept)
                return false;
            seen = kept;
        }

        if (await service.SendAsync(local.At(path), path, seen, null, stop) is not var (item, digest))
            return false;
        // A program may have written meanwhile: then the base knows what was sent, and the next scan sees the difference.
        var sent = source with
        {
            Version = local.Stat(path)?.Version == source.Version ? source.Version : null,
            Digests = LocalSide.Digests(digest),
        };
        var done = Agree(path, new SyncBase(sent, item.ToEntry() with { Digests = LocalSide.Digests(digest) }), SyncSide.Right);
        if (decision is not null)
            Decided(decision, null, item.Id, number);
        return done;
    }

    private async Task<bool> FetchAsync(SyncAction action, SyncDecision? decision, CancellationToken stop)
    {
        var (path, source) = (action.Path, action.Right!);
        if (service.Find(path) is not { } item || item.FileId != source.Version || !local.HasFolder(path))
            return false;
        var staged = local.Staged(path, item.FileId!);
        if (await service.FetchAsync(item, staged, null, stop) is not { } digest)
            return false;
        if (local.Place(path, staged, action.Left, item.Modified, item.Mode) is not var (placed, kept))
            return false;
        var done = Agree(
            path,
            new SyncBase(placed with { Digests = LocalSide.Digests(digest) }, source with { Digests = LocalSide.Digests(digest) }),
            SyncSide.Left);
        if (decision is not null)
            Decided(decision, kept, null, null);
        return done;
    }

    private async Task<bool> RemoveAsync(SyncAction action, bool isDecided, bool counts, CancellationToken stop)
    {
        var path = action.Path;
        if (!isDecided && !await IsGoneAsync(action, stop))
            return false;
        if (action.At == SyncSide.Left)
        {
            if (local.Remove(path, action.Left!) is null)
                return false;
        }
        else if (service.Find(path) is not { } item || item.FileId != action.Right!.Version || !await service.RemoveAsync(path, stop))
            return false;
        BeforeRecord?.Invoke();
        store.Remove(path, action.At, counts && action.CountsAsRemoval);
        return true;
    }

    /// <summary>Checks at the side that has removed an item whether it exists.</summary>
    private async Task<bool> IsGoneAsync(SyncAction removal, CancellationToken stop)
    {
        // What the base does not have, the other side did not list; a person was asked about it.
        if (!store.Bases.TryGetValue(removal.Path, out var agreed))
            return true;
        if (removal.At == SyncSide.Right)
        {
            // What became a file or a folder of the other kind was seen.
            return local.IsPresent && (local.Stat(removal.Path) is not { } now || now.IsFolder != agreed.Left.IsFolder) && local.IsPresent;
        }

        return right.ContainsKey(removal.Path) || agreed.Right is not { } was || await service.IsGoneAsync(was.Id, stop);
    }

    private bool Agree(string path, SyncBase agreed, SyncSide at)
    {
        lock (_gate)
        {
            BeforeRecord?.Invoke();
            store.Agree(path, agreed, at);
        }

        return true;
    }

    private void Decided(SyncDecision one, string? kept, string? entry, int? number)
    {
        lock (_gate)
        {
            store.Decide(new SyncDecidedLine
            {
                Id = IdOf(one),
                Path = one.Conflict.Path,
                Answer = one.Answer!.Value,
                ByRule = one.ByRule,
                At = time.GetUtcNow(),
                Kept = kept,
                Entry = entry,
                Number = number,
            });
        }

        report(new SyncNote("decided", null, one.Conflict.Path, one.ByRule ? $"by the rule {settings.Rule}" : null));
    }

    private static string WordOf(SyncAction action) => action.Kind switch
    {
        SyncActionKind.MakeFolder => "made",
        SyncActionKind.Move => "moved",
        SyncActionKind.Remove => "removed",
        _ => action.At == SyncSide.Right ? "sent" : "fetched",
    };
}
