using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Three nodes behind HAProxy that receive straight into a bucket. They are killed, frozen until the others take them for gone, drained,
/// and cut from PostgreSQL, from the bucket and from each other. Replies of the bucket are lost, and it is silent for all.
/// </summary>
internal sealed class BucketNodesTest : IFaultTest
{
    private const int Replies = 20;

    // Longer than the 15 seconds for which a node waits for most answers of the bucket, and after which a node without a beat is gone.
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(20);

    public string Name => "nodes-bucket";

    public string Number => "T25";

    public string Question => "Do several nodes that receive into a bucket lose, mix or repeat anything when they or the bucket fail?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var server = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var bucket = await LabBucket.StartAsync(run, cancellationToken);
        var nodes = await NodeGroup.StartAsync(run, "haproxy", [server], bucket, cancellationToken);
        var faults = run.Count(ci: 8, soak: 400);
        await nodes.RunAsync(
            faults, () => nodes.KillAsync(1), nodes.CutBucketAsync, LoseReplies, nodes.CutDatabaseAsync, () => nodes.FreezeAsync(Silent),
            nodes.CutNodesAsync, SilenceAsync, nodes.DrainAsync);
        await nodes.FinishAsync();
        var lost = nodes.All.Sum(node => node.Bucket!.Lost);
        run.Floor("lost replies of the bucket", lost, faults / 8);
        run.Figures.Add($"{lost} lost replies of the bucket");

        Task LoseReplies()
        {
            foreach (var node in nodes.All)
                node.Bucket!.LoseReplyAfter(run.Random.Next(Replies), half: run.Random.Next(2) == 0);
            return Task.CompletedTask;
        }

        async Task SilenceAsync()
        {
            bucket.Signal(Processes.Stop);
            await nodes.AwayAsync(Silent);
            bucket.Signal(Processes.Continue);
        }
    }
}
