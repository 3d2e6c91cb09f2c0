using System.Collections.Concurrent;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Work;

/// <summary>
/// Processes due items of all kinds: leases and runs them, renews the leases of those that make progress, and ends them. If the process is
/// killed, its leases expire, and the next start releases the items immediately.
/// </summary>
public sealed partial class WorkRunner(
    IWorkLedger ledger, WorkQueue queue, IEnumerable<IWorkKind> kinds, NodeDrain drain, TimeProvider time, ILogger<WorkRunner> log)
    : PeriodicStep(TimeSpan.FromMilliseconds(200), time, log)
{
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, IWorkKind> _kinds = kinds.ToDictionary(kind => kind.Name, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<LeaseId, Running> _running = new();

    private volatile IReadOnlyList<WorkCount> _counts = [];
    private long? _countedAt;
    private bool _mayHoldMore;
    private volatile bool _mayHoldEnded;

    /// <summary>The number of items of each kind a few seconds ago, for metrics.</summary>
    public IReadOnlyList<WorkCount> Counts => _counts;

    /// <summary>The number of items that this process is working on.</summary>
    public int InHand => _running.Count;

    public override int Order => StartOrder.Background + 20;

    public override string Name => "work";

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var released = await ledger.ReleaseAsync(null, cancellationToken);
        if (released > 0)
            Released(released);
        queue.Woken += TickSoon;
        queue.Withdrawn += Cancel;
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // An ending task may have started the next item.
        while (_running.Values.Select(one => one.Task).ToList() is { Count: > 0 } tasks)
            await Task.WhenAll(tasks);
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        await RenewAsync(cancellationToken);
        await CountAsync(cancellationToken);
        await TakeBackAsync(cancellationToken);
        var wanted = Wanted();
        while (wanted.Count > 0)
        {
            var claimedAt = Time.GetTimestamp();
            _mayHoldMore = true;
            var items = await ledger.ClaimAsync(wanted, cancellationToken);
            _mayHoldMore = false;
            foreach (var item in items)
                Begin(item, claimedAt, cancellationToken);
            // A kind without returned items has no item that is due.
            wanted = items.Count == 0 ? [] : Wanted().FindAll(one => items.Any(item => item.Kind == one.Kind));
        }
    }

    /// <summary>Releases items that the ledger leased to this service in a lost response, so that no worker has them.</summary>
    private async Task TakeBackAsync(CancellationToken cancellationToken)
    {
        if (!_mayHoldMore && !_mayHoldEnded)
            return;
        _mayHoldEnded = false;
        _ = await ledger.ReleaseAsync([.. _running.Values.Select(one => one.Lease.Item.Id)], cancellationToken);
        _mayHoldMore = false;
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        if (_countedAt is { } last && Time.GetElapsedTime(last) < CountEvery)
            return;
        _counts = await ledger.CountAsync(cancellationToken);
        _countedAt = Time.GetTimestamp();
    }

    private void Cancel(string kind, IReadOnlyCollection<Guid> references)
    {
        foreach (var lease in _running.Values.Select(one => one.Lease))
        {
            if (lease.Item.Kind == kind && references.Contains(lease.Reference))
                lease.Lose();
        }
    }

    private List<WorkWanted> Wanted()
    {
        if (drain.IsDraining || !drain.HasWork)
            return [];
        var busy = _running.Values.CountBy(one => one.Lease.Item.Kind).ToDictionary(StringComparer.Ordinal);
        return [.. _kinds.Values
            .Select(kind => new WorkWanted(kind.Name, kind.Lease, kind.AtOnce - busy.GetValueOrDefault(kind.Name)))
            .Where(wanted => wanted.Limit > 0)];
    }

    private void Begin(WorkItem item, long claimedAt, CancellationToken stopping)
    {
        var kind = _kinds[item.Kind];
        var running = new Running(new WorkLease(item, kind.Lease, claimedAt, Time, stopping));
        _running[item.Lease] = running;
        running.Task = Task.Run(() => RunAsync(kind, running), CancellationToken.None);
    }

    private async Task RunAsync(IWorkKind kind, Running running)
    {
        var lease = running.Lease;
        var isLost = false;
        try
        {
            var outcome = await WorkAsync(kind, lease);
            await EndAsync(kind, lease, outcome);
            isLost = outcome is WorkOutcome.Recorded { IsUnsure: true };
            if (outcome is WorkOutcome.Recorded { Next: { } next, ClaimedAt: var claimedAt })
                Begin(next, claimedAt, lease.Stopping);
        }
        catch (Exception reason)
        {
            // The item is due again when the ledger is available again and releases the lease, or when the lease expires.
            isLost = reason is LedgerUnavailableException;
            NotEnded(kind.Name, lease.Reference, reason.Message);
        }
        finally
        {
            _ = _running.TryRemove(KeyValuePair.Create(lease.Item.Lease, running));
            if (isLost)
                _mayHoldEnded = true;
            lease.Dispose();
            TickSoon();
        }
    }

    private async Task<WorkOutcome> WorkAsync(IWorkKind kind, WorkLease lease)
    {
        try
        {
            return await kind.WorkAsync(lease);
        }
        catch (OperationCanceledException) when (lease.Token.IsCancellationRequested)
        {
            return WorkOutcome.GivenBack;
        }
        catch (FolderElsewhereException elsewhere)
        {
            return new WorkOutcome.Handed(elsewhere.Folder, elsewhere.Node.Id);
        }
        catch (LedgerUnavailableException reason)
        {
            Failed(kind.Name, lease.Reference, reason.Message);
            return WorkOutcome.Postponed(kind.Backoff.PauseAfter(1));
        }
        catch (Exception reason)
        {
            Broke(kind.Name, lease.Reference, reason);
            return WorkOutcome.Failed;
        }
    }

    private async Task EndAsync(IWorkKind kind, WorkLease lease, WorkOutcome outcome)
    {
        if (lease.IsLost || outcome is WorkOutcome.Recorded)
            return;
        // The outcome is recorded even while the service stops.
        var held = await (outcome switch
        {
            WorkOutcome.Later later => ledger.EndAsync(
                lease.Item, later.Pause ?? kind.Backoff.PauseAfter(lease.Failures + 1), later.IsFailure, CancellationToken.None),
            WorkOutcome.Handed handed => ledger.HandAsync(lease.Item, handed.Folder, handed.Node, CancellationToken.None),
            _ => ledger.EndAsync(lease.Item, pause: null, isFailure: false, CancellationToken.None),
        });
        if (!held)
            Late(kind.Name, lease.Reference);
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var leases = _running.Values.Select(one => one.Lease).ToList();
        foreach (var lease in leases.Where(lease => lease.HasRunOut && !lease.IsLost && !lease.NeedsRenewal))
            Lose(lease);
        var due = leases.FindAll(lease => lease.NeedsRenewal && !lease.IsLost);
        if (due.Count == 0)
            return;
        var askedAt = Time.GetTimestamp();
        var held = await ledger.RenewAsync(due, cancellationToken);
        foreach (var lease in due)
        {
            if (held.TryGetValue(lease.Item.Id, out var renewed))
            {
                if (renewed)
                    lease.Renewed(askedAt);
            }
            // Work that has ended in the meantime does not hold its lease.
            else if (_running.ContainsKey(lease.Item.Lease))
                Lose(lease);
        }
    }

    private void Lose(WorkLease lease)
    {
        Lost(lease.Item.Kind, lease.Reference);
        lease.Lose();
    }

    private sealed class Running(WorkLease lease)
    {
        public WorkLease Lease => lease;

        public Task Task { get; set; } = Task.CompletedTask;
    }

    [LoggerMessage(7460, LogLevel.Information, "Work of a process that has ended is due again: {Count} items")]
    private partial void Released(long count);

    [LoggerMessage(7461, LogLevel.Warning, "{Kind} {Reference} failed now, and is tried again: {Reason}")]
    private partial void Failed(string kind, Guid reference, string reason);

    [LoggerMessage(7462, LogLevel.Error, "{Kind} {Reference} failed, and is tried again")]
    private partial void Broke(string kind, Guid reference, Exception reason);

    [LoggerMessage(7463, LogLevel.Warning, "{Kind} {Reference}: the outcome could not be recorded, so it is processed again: {Reason}")]
    private partial void NotEnded(string kind, Guid reference, string reason);

    [LoggerMessage(7464, LogLevel.Warning, "{Kind} {Reference} has shown no progress, or was withdrawn; this worker gives it up")]
    private partial void Lost(string kind, Guid reference);

    [LoggerMessage(7465, LogLevel.Debug, "{Kind} {Reference}: its outcome came after its lease had ended")]
    private partial void Late(string kind, Guid reference);
}
