using ChunkUpload.Bench.Peers.Nodes;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>Two nodes on one ledger beside a service that is alone, on the same disk and PostgreSQL server.</summary>
internal sealed class NodesBenchmark : IBenchmark
{
    private const string Ledger = "pair";
    private const long Room = 4L << 30;

    private static readonly string[] Parts = ["download", "small", "takeover"];

    public string Name => "nodes";

    public string Question => "What do two nodes cost beside one service? (parts: download, small, takeover)";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var parts = options.Parts(Parts);
        var figures = new List<Figure>();
        using var disk = LoopDisk.Create(options.Folder, Room + (4 * (options.Size ?? 1L << 30)), "nodes", "mkfs.ext4", "-q", "-m", "0");
        await using var nodes = await ServiceNodes.StartAsync(options, disk.Path, cancellationToken);
        var pair = await nodes.PairAsync(Ledger, [], cancellationToken);
        if (parts.Contains("download"))
            figures.AddRange(await DownloadPart.RunAsync(options, nodes, Ledger, pair, disk, cancellationToken));
        if (parts.Contains("small"))
        {
            var alone = await nodes.AloneAsync("alone", [], cancellationToken);
            figures.AddRange(await SmallFilesPart.RunAsync(options, alone, pair, disk, cancellationToken));
        }

        if (parts.Contains("takeover"))
            figures.AddRange(await TakeoverPart.RunAsync(options, nodes, Ledger, pair, cancellationToken));
        return figures;
    }
}
