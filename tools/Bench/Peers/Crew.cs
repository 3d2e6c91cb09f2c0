namespace ChunkUpload.Bench.Peers;

/// <summary>Connections with a thread each.</summary>
internal static class Crew
{
    /// <summary>Opens the connections, then starts the meter and lets all of them work until every one is done.</summary>
    /// <param name="work">What the connection of this number does.</param>
    /// <param name="then">What follows when all are done, as a part of the run.</param>
    public static async Task RunAsync(Peer peer, int connections, IMeter meter, Action<int, Wire> work, Func<Task>? then = null)
    {
        var wires = Enumerable.Range(0, connections).Select(_ => new Wire(peer)).ToList();
        try
        {
            meter.Begin();
            await Task.WhenAll(wires.Select((wire, number) => Task.Factory.StartNew(
                () => work(number, wire), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            if (then is not null)
                await then();
            await meter.EndAsync();
        }
        finally
        {
            foreach (var wire in wires)
                wire.Dispose();
        }
    }
}
