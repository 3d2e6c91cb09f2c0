using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Scenarios;

/// <summary>G: very many slow senders, each with an open body all the time.</summary>
internal sealed class SlowScenario(string name, int all) : Scenario
{
    private const int BytesPerSecond = 4 << 10;
    private const int Seconds = 20;
    private const int LeastSeconds = 3;

    // On a slow machine it takes more than one second to begin this number of connections.
    private const int Begun = 4;

    public override string Name => name;

    public override string Title => $"{all:N0} connections at 4 KiB/s for 20 s, one PATCH each";

    public override long Room => 64 << 20;

    // The first run with so many connections is measured: memory that a server kept from an earlier run would be missing from its growth.
    public override double WarmUpScale => 0.05;

    public override bool Suits(PeerKind kind) => kind.IsDefault || kind.Name is PeerKind.HashingFloor or PeerKind.TusServer;

    public override async Task<Work> RunAsync(Peer peer, double scale, IMeter meter, CancellationToken cancellationToken)
    {
        var (connections, seconds) = scale < 1 ? (Math.Max(1, (int)(all * scale)), LeastSeconds) : (all, Seconds);
        long length = seconds * BytesPerSecond;
        List<string> paths;
        using (var wire = new Wire(peer))
            paths = [.. Enumerable.Range(0, connections).Select(_ => wire.Create(length))];
        List<Wire> wires = [];
        try
        {
            var (resident, threads) = (Resident(peer), Threads(peer));
            meter.Begin();
            wires.AddRange(paths.Select(_ => new Wire(peer)));
            var began = TimeProvider.System.GetTimestamp();
            for (var number = 0; number < connections; number++)
                wires[number].BeginAppend(paths[number], 0, length);
            long most = 0, mostThreads = 0, flushes = 0, transactions = 0;
            var since = began;
            var steady = TimeSpan.Zero;
            for (var second = 0; second < seconds; second++)
            {
                // Neither the beginning nor the end, where each sender is recorded by itself.
                if (second == Math.Min(Begun, seconds - 2))
                    (flushes, transactions, since) = (meter.Flushes, peer.Transactions(), TimeProvider.System.GetTimestamp());
                if (second == seconds - 1)
                    (flushes, transactions, steady) =
                        (meter.Flushes - flushes, peer.Transactions() - transactions, TimeProvider.System.GetElapsedTime(since));
                for (var number = 0; number < connections; number++)
                {
                    wires[number].Send((long)second * BytesPerSecond, BytesPerSecond);
                    // Spread evenly over the second, in hundredths.
                    if (number % Math.Max(1, connections / 100) == 0)
                        await UntilAsync(began, second + ((double)number / connections), cancellationToken);
                }

                (most, mostThreads) = (Math.Max(most, Resident(peer)), Math.Max(mostThreads, Threads(peer)));
            }

            foreach (var wire in wires)
                wire.EndAppend();
            await meter.EndAsync();
            var more = new Dictionary<string, double>
            {
                ["KiB/conn"] = (most - resident) / 1024.0 / connections,
                ["threads"] = mostThreads - threads,
                ["flushes/s"] = flushes / steady.TotalSeconds,
            };
            if (peer.Database is not null)
                more["tx/s"] = transactions / steady.TotalSeconds;
            return new Work(
                connections * length, connections, connections, [.. paths.Select(path => new Stored(path, 0, length))])
            { More = more };
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
