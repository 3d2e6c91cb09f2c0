using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Nodes;

/// <summary>
/// Keeps the stores of the ledger's other nodes readable here, and its running nodes known to whoever asks them to stop writers. A node
/// that is silent keeps its store: what lies there is unreachable, not lost.
/// </summary>
public sealed partial class NodeWatch(
    INodeLedger ledger, INodeConnector connector, NodeLinks links, OtherStores stores, OtherNodes nodes, OtherProgress progress,
    OtherFolders folders, NodeDrain drain, SharedUsage usage, ClusterOptions options, TimeProvider time, ILogger<NodeWatch> log)
    : PeriodicStep(TimeSpan.FromSeconds(1), time, log)
{
    // After an outage of the database all nodes look silent until each has beaten again.
    private const int TicksUntilSilent = 3;

    // Half of what the signatures of requests between nodes allow.
    private static readonly TimeSpan MostClockDifference = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, long> Nothing = [];

    private readonly Dictionary<Guid, Known> _known = [];
    private bool _clockDiffers;

    // Before the background work, which reads what others have.
    public override int Order => StartOrder.Background - 2;

    public override string Name => "nodes";

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.IsAlone)
            return;
        await TickAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var known in _known.Values)
            known.Link.Dispose();
        _known.Clear();
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        var all = await ledger.ListAsync(cancellationToken);
        if (all.FirstOrDefault(node => node.IsHere) is { } here)
            Follow(here);
        FollowWork(all);
        var others = all.Where(node => !node.IsHere).ToList();
        foreach (var gone in _known.Keys.Except(others.Select(other => other.Id)).ToList())
            Forget(gone);
        foreach (var other in others)
        {
            if (!_known.TryGetValue(other.Id, out var known) || known.Node.Incarnation != other.Incarnation
                || known.Node.Address != other.Address || !known.Node.Fingerprint.AsSpan().SequenceEqual(other.Fingerprint))
            {
                if (known is not null)
                    Forget(other.Id);
                known = new Known(connector.LinkTo(other)) { Node = other with { IsRunning = false } };
                _known[other.Id] = known;
                links.Set(other.Id, known.Link);
                stores.Add(known.Link.Store);
            }

            Note(known, other);
            if (other.IsRunning ? other.AwaySince is not null : other.AwaySince is null && known.SilentFor >= TicksUntilSilent)
                await ledger.NoteAsync(other, cancellationToken);
        }

        folders.All = [.. others.SelectMany(FoldersOf)];
        usage.Hear(others.Where(other => _known[other.Id].Node.IsRunning).Select(other => other.Figures?.Usage ?? Nothing));
    }

    private void Follow(Node here)
    {
        var drains = here.DrainingSince is not null;
        if (drains != drain.IsDraining)
        {
            drain.IsDraining = drains;
            if (drains)
                Drains(here.Name);
            else
                DrainsNoMore(here.Name);
        }

        var difference = Time.GetUtcNow() - here.ReadAt;
        var differs = difference.Duration() > MostClockDifference;
        if (differs && !_clockDiffers)
            ClockDiffers((long)difference.TotalSeconds);
        _clockDiffers = differs;
    }

    private void FollowWork(IReadOnlyList<Node> all)
    {
        // What a drained node has in hand continues.
        var why = all.Any(node => node is { IsRunning: true, Figures.Work: > 0 }) ? null : NodeWork.Trouble(all);
        if (why is not null && drain.Waiting is null)
            WorkWaits(why);
        drain.Waiting = why is null ? null : new WaitingWork(why, drain.Waiting?.Since ?? Time.GetUtcNow());
    }

    private IEnumerable<OtherFolder> FoldersOf(Node other)
    {
        var (trouble, since) = (_known[other.Id].Node.IsRunning, other.DrainingSince) switch
        {
            (false, _) => (FolderNode.NotRunning, other.BeatAt ?? other.StartedAt),
            (true, { } draining) => ("is drained", draining),
            _ => ((string?)null, other.StartedAt),
        };
        var node = new FolderNode(other.Id, other.Name, trouble, since);
        return (other.Figures?.Folders ?? []).Select(folder => new OtherFolder(node, folder));
    }

    private void Note(Known known, Node now)
    {
        known.SilentFor = now.IsRunning ? 0 : known.SilentFor + 1;
        if (known.Node.IsRunning == now.IsRunning || (!now.IsRunning && known.SilentFor < TicksUntilSilent))
            return;
        known.Node = now;
        if (now.IsRunning)
        {
            nodes.Add(known.Link);
            progress.Add(known.Link);
            Runs(now.Name, now.Address);
        }
        else
        {
            nodes.Remove(now.Incarnation);
            progress.Remove(now.Incarnation);
            if (now.HasEnded)
                HasStopped(now.Name, now.Address);
            else
                IsSilent(now.Name, now.Address);
        }
    }

    private void Forget(Guid id)
    {
        if (!_known.Remove(id, out var known))
            return;
        links.Remove(id);
        nodes.Remove(known.Node.Incarnation);
        progress.Remove(known.Node.Incarnation);
        stores.Remove(known.Node.Store);
        known.Link.Dispose();
    }

    private sealed class Known(INodeLink link)
    {
        public INodeLink Link => link;

        public required Node Node { get; set; }

        public int SilentFor { get; set; }
    }

    [LoggerMessage(8101, LogLevel.Information, "The node {Node} at {Address} runs")]
    private partial void Runs(string node, string address);

    [LoggerMessage(8102, LogLevel.Warning, "The node {Node} at {Address} is silent: what lies in its store cannot be read until it runs")]
    private partial void IsSilent(string node, string address);

    [LoggerMessage(8106, LogLevel.Warning, "The node {Node} at {Address} was stopped: what lies in its store cannot be read until it runs")]
    private partial void HasStopped(string node, string address);

    [LoggerMessage(8107, LogLevel.Information, "The node {Node} is drained: it begins no uploads and takes no work until it is resumed")]
    private partial void Drains(string node);

    [LoggerMessage(8108, LogLevel.Information, "The node {Node} takes uploads and work again")]
    private partial void DrainsNoMore(string node);

    [LoggerMessage(8110, LogLevel.Warning, "{Why}")]
    private partial void WorkWaits(string why);

    [LoggerMessage(8109, LogLevel.Warning,
        "The clock of this machine differs from the database's by {Seconds} s. Nodes refuse each other's requests if their clocks differ "
            + "by more than a minute: correct the clock")]
    private partial void ClockDiffers(long seconds);
}
