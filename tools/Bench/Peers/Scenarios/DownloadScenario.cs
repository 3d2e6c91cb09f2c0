namespace ChunkUpload.Bench.Peers.Scenarios;

/// <summary>R: downloads an uploaded file, whole on one connection or in ranges on several.</summary>
/// <param name="before">How often it was downloaded before, because a server may then read it in another way.</param>
internal sealed class DownloadScenario(string name, string title, int ranges, int before = 0) : Scenario
{
    private const long Size = 1L << 30;
    private const long Request = 8 << 20;

    public override string Name => name;

    public override string Title => title;

    public override long Room => Size;

    // The floors differ only in receiving. @tus/server has no ranges and has crashed after a large download.
    public override bool Suits(PeerKind kind) => kind.IsDefault || kind.Name is PeerKind.Floor or PeerKind.Nginx;

    public override async Task<Work> RunAsync(Peer peer, double scale, IMeter meter, CancellationToken cancellationToken)
    {
        var size = (long)(Size * scale) >> 16 << 16;
        Stored stored = default;
        await ConnectionThreads.RunAsync(peer, 1, new NoMeter(), (_, wire) =>
        {
            var path = wire.Create(size);
            var step = peer.Kind.Style == Style.Put ? size : Request;
            for (long at = 0; at < size; at += step)
                stored = wire.Append(path, at, at, Math.Min(step, size - at));
        });
        stored = new Stored(stored.Path, 0, size);
        for (var time = 0; time < before; time++)
            await ConnectionThreads.RunAsync(peer, 1, new NoMeter(), (_, wire) => wire.Download(stored, null, size));
        var each = size / ranges;
        await ConnectionThreads.RunAsync(
            peer, ranges, meter, (number, wire) => wire.Download(stored, ranges == 1 ? null : number * each, each));
        return new Work(size, ranges, 1, [stored]);
    }
}
