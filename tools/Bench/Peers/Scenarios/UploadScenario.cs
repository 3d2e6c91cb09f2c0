using System.Collections.Concurrent;

namespace ChunkUpload.Bench.Peers.Scenarios;

/// <summary>Uploads of one size in requests of one size: A, B, C, D and E.</summary>
/// <param name="connections">Each takes the next upload when it has finished one.</param>
/// <param name="withCreation">The body comes with the creation.</param>
internal sealed class UploadScenario(
    string name, string title, int uploads, long size, long request, int connections, bool withCreation = false) : Scenario
{
    private const int Extent = 64 << 10;

    public override string Name => name;

    public override string Title => title;

    public override long Room => uploads * size;

    // Relaxed durability differs only in flushes, so it runs where flushes count. Limits have no goal in E, and listeners have one in B and
    // D. A PUT is creation and upload in one.
    public override bool Suits(PeerKind kind) => kind.Name switch
    {
        PeerKind.Asked => false,
        PeerKind.Relaxed => name[0] == 'D',
        PeerKind.Limited => name != "E",
        PeerKind.Watched => name[0] is 'B' or 'D',
        _ => kind.Style == Style.Tus || name != "D1",
    };

    public override async Task<Work> RunAsync(Peer peer, double scale, IMeter meter, CancellationToken cancellationToken)
    {
        var (count, length) = uploads > connections
            ? (Math.Max(connections, (int)(uploads * scale)), size)
            : (uploads, Math.Max(request < size ? request : Extent, (long)(size * scale) / Extent * Extent));
        var stored = new ConcurrentBag<Stored>();
        int next = 0, requests = 0;
        await ConnectionThreads.RunAsync(peer, connections, meter, (_, wire) =>
        {
            for (int upload; (upload = Interlocked.Increment(ref next) - 1) < count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Interlocked.Add(ref requests, One(peer, wire, (long)upload * Extent, length, stored));
            }
        });
        return new Work(count * length, requests, count, [.. stored]);
    }

    private int One(Peer peer, Wire wire, long offset, long length, ConcurrentBag<Stored> stored)
    {
        if (withCreation)
        {
            stored.Add(wire.CreateWith(offset, length));
            return 1;
        }

        var path = wire.Create(length);
        var requests = peer.Kind.Style == Style.Tus ? 1 : 0;
        for (long at = 0; at < length; at += request)
        {
            var extent = wire.Append(path, at, offset + at, Math.Min(request, length - at));
            if (peer.Kind.Style == Style.Put)
                stored.Add(extent);
            requests++;
        }

        if (peer.Kind.Style == Style.Tus)
            stored.Add(new Stored(path, offset, length));
        return requests;
    }
}
