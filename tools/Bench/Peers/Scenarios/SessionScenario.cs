using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Scenarios;

/// <summary>
/// S: chunks of one session in random order, 4 at a time, then complete; on ext4, or on a file system that shares blocks.
/// </summary>
internal sealed class SessionScenario(string name, string title, bool reflink) : Scenario
{
    private const long Size = 1L << 30;
    private const int Chunk = 8 << 20;
    private const int Connections = 4;

    // Together as many chunks as other scenarios send small uploads.
    private const int SmallSessions = 100, SmallChunks = 8, SmallChunk = 64 << 10;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    public override string Name => name;

    public override string Title => title;

    public override long Room => Size + (Size / 8);

    public override bool OnXfs => reflink;

    public override bool Suits(PeerKind kind) => kind.IsDefault || kind.Name == PeerKind.Asked;

    public override async Task WarmUpAsync(Peer peer, CancellationToken cancellationToken)
    {
        using var client = new SessionClient((ServiceProcess)peer.Process);
        var paths = new ConcurrentQueue<string>();
        for (var session = 0; session < SmallSessions; session++)
            paths.Enqueue(await client.CreateAsync(SmallChunks * SmallChunk, null, cancellationToken));
        var received = paths.ToArray();
        await ConnectionThreads.RunAsync(peer, Connections, new NoMeter(), (_, wire) =>
        {
            while (paths.TryDequeue(out var session))
            {
                for (var chunk = SmallChunks - 1; chunk >= 0; chunk--)
                    wire.PutChunk(session, chunk * (long)SmallChunk, SmallChunk);
            }
        });
        foreach (var session in received)
            _ = await client.CompleteAsync(session, null, cancellationToken);
    }

    public override async Task<Work> RunAsync(Peer peer, double scale, IMeter meter, CancellationToken cancellationToken)
    {
        using var client = new SessionClient((ServiceProcess)peer.Process);
        var count = Math.Max(Connections, (int)(Size * scale / Chunk));
        var session = await client.CreateAsync((long)count * Chunk, null, cancellationToken);
        var order = Enumerable.Range(0, count).ToArray();
        new Random(7).Shuffle(order);
        var queue = new ConcurrentQueue<int>(order);
        JsonNode status = new JsonObject();
        var completing = TimeSpan.Zero;
        // The client's digests are computed before the clock starts.
        foreach (var index in order)
            _ = Material.Digest((long)index * Chunk, Chunk);
        await ConnectionThreads.RunAsync(peer, Connections, meter, (_, wire) =>
        {
            while (queue.TryDequeue(out var index))
                wire.PutChunk(session, (long)index * Chunk, Chunk);
        }, async () =>
        {
            var began = TimeProvider.System.GetTimestamp();
            _ = await client.CompleteAsync(session, null, cancellationToken);
            completing = TimeProvider.System.GetElapsedTime(began);
            meter.Stop();
            // The rest of the merge is part of the price, although no client waits for it.
            while ((status =
                await client.GetAsync(session, cancellationToken))["merge"]!["placedBytes"]!.GetValue<long>() < (long)count * Chunk)
                await Task.Delay(BetweenLooks, TimeProvider.System, cancellationToken);
        });
        return new Work(
            (long)count * Chunk, count + 1, 1, [new Stored($"/api/files/{status["file"]!["id"]}/content", 0, (long)count * Chunk)])
        {
            More = new Dictionary<string, double> { ["complete, ms"] = completing.TotalMilliseconds },
        };
    }
}
