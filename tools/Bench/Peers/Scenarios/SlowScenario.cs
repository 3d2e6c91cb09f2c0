using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Scenarios;

/// <summary>G: very many slow senders, each with a body under way all the time.</summary>
internal sealed class SlowScenario : Scenario
{
    private const int Connections = 500;
    private const int BytesPerSecond = 4 << 10;
    private const int Seconds = 20;

    public override string Name => "G";

    public override string Title => "500 connections at 4 KiB/s for 20 s, one PATCH each";

    public override long Room => 64 << 20;

    public override bool Suits(PeerKind kind) => kind.Name is PeerKind.HashingFloor or PeerKind.TusServer or PeerKind.Ours;

    public override async Task<Work> RunAsync(Peer peer, double scale, IMeter meter, CancellationToken cancellationToken)
    {
        var (connections, seconds) = scale < 1 ? (Connections / 5, 2) : (Connections, Seconds);
        long length = seconds * BytesPerSecond;
        List<string> paths;
        using (var wire = new Wire(peer))
            paths = [.. Enumerable.Range(0, connections).Select(_ => wire.Create(length))];
        List<Wire> wires = [];
        try
        {
            var (resident, threads, transactions) = (Resident(peer), Threads(peer), peer.Transactions());
            meter.Begin();
            wires.AddRange(paths.Select(_ => new Wire(peer)));
            var began = TimeProvider.System.GetTimestamp();
            for (var number = 0; number < connections; number++)
                wires[number].BeginAppend(paths[number], 0, length);
            long most = 0, mostThreads = 0;
            for (var second = 0; second < seconds; second++)
            {
                for (var number = 0; number < connections; number++)
                {
                    wires[number].Send((long)second * BytesPerSecond, BytesPerSecond);
                    // Evenly over the second, in hundredths.
                    if (number % (connections / 100) == 0)
                        await UntilAsync(began, second + ((double)number / connections), cancellationToken);
                }

                (most, mostThreads) = (Math.Max(most, Resident(peer)), Math.Max(mostThreads, Threads(peer)));
            }

            foreach (var wire in wires)
                wire.EndAppend();
            transactions = peer.Transactions() - transactions;
            await meter.EndAsync();
            var more = new Dictionary<string, double>
            {
                ["KiB for each connection"] = Math.Max(0, most - resident) / 1024.0 / connections,
                ["more threads"] = mostThreads - threads,
            };
            if (peer.Database is not null)
                more["transactions/s"] = transactions / (double)seconds;
            return new Work(connections * length, connections, connections, [.. paths.Select(path => new Stored(path, 0, length))]) { More = more };
        }
        finally
        {
            foreach (var wire in wires)
                wire.Dispose();
        }
    }

    private static long Resident(Peer peer) => peer.Group.Processes.Sum(ProcessFacts.ResidentBytes);

    private static long Threads(Peer peer) => peer.Group.Processes.Sum(ProcessFacts.Threads);

    private static async Task UntilAsync(long began, double seconds, CancellationToken cancellationToken)
    {
        var left = TimeSpan.FromSeconds(seconds) - TimeProvider.System.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, TimeProvider.System, cancellationToken);
    }
}
