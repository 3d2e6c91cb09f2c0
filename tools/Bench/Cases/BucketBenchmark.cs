using ChunkUpload.Bench.Peers.Buckets;
using ChunkUpload.Bench.Peers.Nodes;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>Uploads straight into a bucket (<c>Storage:S3:Receive</c>).</summary>
internal sealed class BucketBenchmark : IBenchmark
{
    private const long Room = 4L << 30;

    private static readonly string[] Parts = ["upload", "slow"];

    public string Name => "bucket";

    public string Question => "What do uploads straight into a bucket cost beside aws s3 cp? (parts: upload, slow)";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var parts = options.Parts(Parts);
        var figures = new List<Figure>();
        using var disk = LoopDisk.Create(options.Folder, Room + (8 * (options.Size ?? 1L << 30)), "bucket", "mkfs.ext4", "-q", "-m", "0");
        await using var bucket = await BucketServer.StartAsync(options, Path.Combine(disk.Path, "bucket"), cancellationToken);
        await using var nodes = await ServiceNodes.StartAsync(options, disk.Path, cancellationToken);
        if (parts.Contains("upload"))
        {
            var alone = await nodes.AloneAsync("alone", bucket.Settings("alone"), cancellationToken);
            var pair = await nodes.PairAsync("pair", bucket.Settings("pair"), cancellationToken);
            figures.AddRange(await UploadPart.RunAsync(options, alone, pair, bucket, disk, cancellationToken));
        }

        if (parts.Contains("slow"))
        {
            figures.AddRange(await SlowPart.RunAsync(
                options, ledger => nodes.AloneAsync(ledger, bucket.Settings(ledger), cancellationToken), nodes.StopAsync, bucket,
                cancellationToken));
        }

        return figures;
    }
}
