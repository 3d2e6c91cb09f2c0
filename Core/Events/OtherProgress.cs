using System.Collections.Immutable;
using System.Text.Json;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Events;

/// <summary>
/// Asks the other nodes twice a second for their progress while a client listens here, and adds it to this node's own. A node that does not
/// answer is asked again half a second later.
/// </summary>
public sealed class OtherProgress(EventFeed feed, ProgressBook progress, TimeProvider time, ILogger<OtherProgress> log)
    : PeriodicStep(Every, time, log)
{
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // A request between nodes has at most 4096 bytes. If the keys need more, everything is requested.
    private const int MostKeyBytes = 3500;

    private ImmutableDictionary<long, Asked> _nodes = ImmutableDictionary<long, Asked>.Empty;
    private IReadOnlyList<string>? _keys;
    private int _begun;

    public override int Order => StartOrder.Background + 11;

    public override string Name => "progress of other nodes";

    /// <summary>Passes on nothing if there are no other nodes.</summary>
    public override Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Add(IMovingNode node)
    {
        ImmutableInterlocked.AddOrUpdate(ref _nodes, node.Incarnation, new Asked(node), (_, _) => new Asked(node));
        if (Interlocked.Exchange(ref _begun, 1) == 0)
            _ = base.StartAsync(CancellationToken.None);
    }

    public void Remove(long incarnation) => ImmutableInterlocked.TryRemove(ref _nodes, incarnation, out _);

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        var nodes = _nodes;
        var keys = Keys();
        if (nodes.IsEmpty || keys is { Count: 0 })
            return;
        // A new listener also needs the progress of the time before.
        if (keys is null != _keys is null || (keys is not null && !keys.SequenceEqual(_keys!)))
        {
            foreach (var node in nodes.Values)
                node.Until = 0;
        }

        _keys = keys;
        await Task.WhenAll(nodes.Values.Select(node => AskAsync(node, keys, cancellationToken)));
    }

    private async Task AskAsync(Asked asked, IReadOnlyList<string>? keys, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(Patience);
        try
        {
            if (await asked.Node.MovedAsync(new MovedRequest(asked.Until, keys), waiting.Token) is not { } moved)
                return;
            asked.Until = moved.Until;
            foreach (var one in moved.Progress)
                progress.Hear(asked.Node.Incarnation, one);
            foreach (var notice in moved.Notices)
                feed.Hear(notice);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The answer took too long.
        }
    }

    private List<string>? Keys()
    {
        var all = feed.Listeners.Where(one => one.HasBegun).SelectMany(one => one.KeysOfProgress).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal).ToList();
        return JsonSerializer.SerializeToUtf8Bytes(all).Length > MostKeyBytes ? null : all;
    }

    private sealed class Asked(IMovingNode node)
    {
        public IMovingNode Node => node;

        public long Until { get; set; }
    }
}
