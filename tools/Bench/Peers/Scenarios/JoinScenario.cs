namespace ChunkUpload.Bench.Peers.Scenarios;

/// <summary>F: concatenates partial uploads; measures the request that joins them.</summary>
internal sealed class JoinScenario(string name, string title, long each) : Scenario
{
    private const int Parts = 8;

    public override string Name => name;

    public override string Title => title;

    public override long Room => 2 * Parts * each;

    // @tus/server and nginx have no concatenation.
    public override bool Suits(PeerKind kind) => kind.IsFloor || kind.IsDefault;

    public override async Task<Work> RunAsync(Peer peer, double scale, IMeter meter, CancellationToken cancellationToken)
    {
        var paths = new string[Parts];
        var size = (long)(each * scale) >> 16 << 16;
        await ConnectionThreads.RunAsync(peer, Parts, new NoMeter(), (number, wire) =>
        {
            paths[number] = wire.Create(size, "Upload-Concat: partial\r\n");
            _ = wire.Append(paths[number], 0, number * size, size);
        });
        var final = "";
        var written = peer.WrittenBytes();
        await ConnectionThreads.RunAsync(peer, 1, meter, (_, wire) => final = wire.Join(paths));
        return new Work(Parts * size, 1, 1, [new Stored(final, 0, Parts * size)])
        {
            // Includes the work after the answer.
            More = new Dictionary<string, double> { ["written MiB"] = (peer.WrittenBytes() - written) / (double)(1 << 20) },
        };
    }
}
