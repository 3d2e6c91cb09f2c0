using System.Net;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;

namespace ChunkUpload.Bench.Peers.Nodes;

/// <summary>
/// A node is killed in the middle of a PATCH that it receives at some 20 MiB/s. The client then asks the other node for the offset and
/// sends the next bytes there, again and again until they are acknowledged.
/// </summary>
internal static class TakeoverPart
{
    private const double Goal = 3;
    private const int Runs = 5;
    private const long Length = 256 << 20;
    private const int SentBefore = 48 << 20;
    private const int SentAfter = 1 << 20;

    private const int Slice = 1 << 20;

    // So the client sends for more than a second, after which a checkpoint is due.
    private static readonly TimeSpan BetweenSlices = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static async Task<IReadOnlyList<Figure>> RunAsync(
        BenchOptions options, ServiceNodes nodes, string ledger, (Peer A, Peer B) pair, CancellationToken cancellationToken)
    {
        var (seconds, restarts, lost) = (new List<double>(), new List<double>(), new List<double>());
        var a = pair.A;
        using var client = new AnyTusClient(pair.B.Address, pair.B.Key);
        for (var run = 0; run < (options.Runs ?? Runs); run++)
        {
            using var wire = new Wire(a);
            var path = wire.Create(Length);
            wire.BeginAppend(path, 0, Length);
            for (var sent = 0; sent < SentBefore; sent += Slice)
            {
                await Task.Delay(BetweenSlices, TimeProvider.System, cancellationToken);
                wire.Send(sent, Slice);
            }

            nodes.Kill(a);
            var killed = TimeProvider.System.GetTimestamp();
            var offset = await TakeOverAsync(client, path, killed, cancellationToken);
            seconds.Add(TimeProvider.System.GetElapsedTime(killed).TotalSeconds);
            lost.Add((SentBefore - offset) / (double)(1 << 20));
            await Console.Error.WriteLineAsync(FormattableString.Invariant(
                $"  run {run + 1}: {seconds[^1]:F3} s from the kill to the other node's 204 at {offset >> 20} MiB"));
            var began = TimeProvider.System.GetTimestamp();
            a = await nodes.NodeAsync(ledger, "a", [], cancellationToken);
            restarts.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            await ServiceNodes.MeetAsync(pair.B, "a", run + 2, cancellationToken);
            await client.DeleteAsync(path, cancellationToken);
        }

        return
        [
            new("a PATCH at a node after kill -9 of the other one in the middle of it", "s", seconds, Goal),
            new("of 48 MiB sent to the killed node, sent again", "MiB", lost),
            new("start of the killed node", "s", restarts),
        ];
    }

    /// <returns>The offset from which the other node has continued.</returns>
    private static async Task<long> TakeOverAsync(AnyTusClient client, string path, long killed, CancellationToken cancellationToken)
    {
        while (true)
        {
            var offset = await client.OffsetAsync(path, cancellationToken);
            var bytes = new byte[SentAfter];
            Material.At(offset, SentAfter).CopyTo(bytes);
            var status = await client.PatchAsync(path, offset, bytes, cancellationToken);
            if (status == HttpStatusCode.NoContent)
                return offset;
            if (TimeProvider.System.GetElapsedTime(killed) > Patience)
                throw new BenchException($"The PATCH at the other node was answered with {(int?)status} for a minute.");
            await Task.Delay(BetweenTries, TimeProvider.System, cancellationToken);
        }
    }
}
