using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Peers.Nodes;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.Transfers;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Buckets;

/// <summary>A file straight into the bucket: by <c>aws s3 cp</c>, by tus through a service that is alone, and through two nodes.</summary>
internal static class UploadPart
{
    // 0.8 of the rate.
    private const double OverAws = 1 / 0.8;
    private const double TwoNodes = 1.1;
    private const long Request = 64 << 20;
    private const long WarmUpSize = 128 << 20;

    private const string Aws = "aws s3 cp";
    private const string Alone = "one PATCH, a service alone";
    private const string Node = "one PATCH, one of two nodes";
    private const string AloneInParts = "PATCHes of 64 MiB, a service alone";
    private const string InTurn = "PATCHes of 64 MiB, two nodes in turn";

    public static async Task<IReadOnlyList<Figure>> RunAsync(
        BenchOptions options, Peer alone, (Peer A, Peer B) pair, BucketServer bucket, LoopDisk disk, CancellationToken cancellationToken)
    {
        var size = (options.Size ?? 1L << 30) / Request * Request;
        var (small, large) = (Path.Combine(disk.Path, "small.bin"), Path.Combine(disk.Path, "large.bin"));
        await WriteAsync(small, WarmUpSize, cancellationToken);
        await WriteAsync(large, size, cancellationToken);
        using var memory = new WarmMemory();
        await WarmUp.RunAsync(() => RoundAsync(new Turns(disk), 0, WarmUpSize, small), cancellationToken);
        var turns = new Turns(disk);
        for (var round = 0; round < (options.Runs ?? 3); round++)
            await RoundAsync(turns, round, size, large);

        return
        [
            .. ((string[])[Aws, Alone, Node, AloneInParts, InTurn]).SelectMany(way => new[] { turns.Rate(way, size), turns.Cpu(way) }),
            turns.TimeRatio("into the bucket, time of tus over aws s3 cp's (0.8 x its rate)", Alone, Aws, OverAws),
            turns.TimeRatio("into the bucket, time at one of two nodes over a service alone", Node, Alone, TwoNodes),
            turns.TimeRatio("into the bucket, time at two nodes in turn over a service alone", InTurn, AloneInParts, TwoNodes),
        ];

        async Task RoundAsync(Turns into, int round, long length, string file)
        {
            var stored = new List<(Peer At, Stored Stored)>();
            await into.RoundAsync(round,
            [
                (Aws, () => AwsCopy.RunAsync(bucket, file, cancellationToken)),
                (Alone, () => UploadAsync(length, length, alone)),
                (Node, () => UploadAsync(length, length, pair.A)),
                (AloneInParts, () => UploadAsync(length, Request, alone)),
                (InTurn, () => UploadAsync(length, Request, pair.A, pair.B)),
            ]);
            foreach (var (at, one) in stored)
            {
                using var wire = new Wire(at);
                if (round == 0)
                    wire.Verify(one);
                using var client = new SessionClient((ServiceProcess)at.Process);
                await client.DeleteAsync($"/api{one.Path}", cancellationToken);
            }

            _ = await Turns.SettleAsync([alone, pair.A, pair.B]);

            Task<Run> UploadAsync(long all, long request, params Peer[] to)
            {
                memory.Hold(all);
                memory.Release();
                return Turns.MeasureAsync(to, () =>
                {
                    var wires = to.Select(peer => new Wire(peer)).ToList();
                    var path = wires[0].Create(all);
                    for (var (at, number) = (0L, 0); at < all; (at, number) = (at + request, number + 1))
                        _ = wires[number % wires.Count].Append(path, at, at, Math.Min(request, all - at));
                    wires.ForEach(wire => wire.Dispose());
                    stored.Add((to[0], new Stored(path, 0, all)));
                });
            }
        }
    }

    private static async Task WriteAsync(string file, long size, CancellationToken cancellationToken)
    {
        await using var stream = File.Create(file);
        for (long done = 0; done < size;)
        {
            var bytes = Material.At(done, size - done);
            await stream.WriteAsync(bytes, cancellationToken);
            done += bytes.Length;
        }
    }
}
