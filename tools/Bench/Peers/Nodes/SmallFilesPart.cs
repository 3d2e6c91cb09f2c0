using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.Transfers;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Nodes;

/// <summary>
/// Files of 64 KiB on one connection: at a service that is alone, at one of two nodes, and begun at one and sent to the other.
/// </summary>
internal static class SmallFilesPart
{
    private const int Size = 64 << 10;
    private const int Files = 100;
    private const int Rounds = 12;
    private const double OneRequest = 1.15;
    private const double Elsewhere = 1.3;

    private const string Alone = "one request, a service alone";
    private const string Node = "one request, one of two nodes";
    private const string BothAlone = "POST and PATCH, a service alone";
    private const string BothAtOne = "POST and PATCH at one of two nodes";
    private const string Divided = "POST at one node, PATCH at the other";

    public static async Task<IReadOnlyList<Figure>> RunAsync(
        BenchOptions options, Peer alone, (Peer A, Peer B) pair, LoopDisk disk, CancellationToken cancellationToken)
    {
        (string Way, Func<Task<Run>> RunAsync)[] ways =
        [
            (Alone, () => OneAsync(alone)), (Node, () => OneAsync(pair.A)), (BothAlone, () => TwoAsync(alone, alone)),
            (BothAtOne, () => TwoAsync(pair.A, pair.A)), (Divided, () => TwoAsync(pair.A, pair.B)),
        ];
        await WarmUp.RunAsync(() => new Turns(disk).RoundAsync(0, ways), cancellationToken);
        var turns = new Turns(disk);
        for (var round = 0; round < (options.Runs ?? Rounds); round++)
            await turns.RoundAsync(round, ways);

        return
        [
            .. ways.Select(way => turns.Seconds(way.Way) with
            {
                Name = $"64 KiB, {way.Way}",
                Unit = "ms",
                Samples = [.. turns.Seconds(way.Way).Samples.Select(seconds => seconds * 1000 / Files)],
            }),
            turns.TimeRatio("64 KiB in one request, time at one of two nodes over that of a service alone", Node, Alone, OneRequest),
            turns.TimeRatio("64 KiB by POST and PATCH, time at two nodes over that at one of them", Divided, BothAtOne, Elsewhere),
            turns.TimeRatio("the same at one of two nodes over a service alone", BothAtOne, BothAlone, null),
            turns.TimeRatio("the same at two nodes over a service alone", Divided, BothAlone, null),
        ];

        Task<Run> OneAsync(Peer to) => Turns.MeasureAsync([to], () =>
        {
            using var wire = new Wire(to);
            for (var file = 0; file < Files; file++)
                _ = wire.CreateWith(file * (long)Size, Size);
        });

        Task<Run> TwoAsync(Peer post, Peer patch) => Turns.MeasureAsync([post], () =>
        {
            using var first = new Wire(post);
            using var second = new Wire(patch);
            for (var file = 0; file < Files; file++)
                _ = second.Append(first.Create(Size), 0, file * (long)Size, Size);
        });
    }
}
