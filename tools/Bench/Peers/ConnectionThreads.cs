namespace ChunkUpload.Bench.Peers;

/// <summary>Connections with a thread each.</summary>
internal static class ConnectionThreads
{
    /// <summary>Opens the connections, starts the meter, and lets all connections work until each is done.</summary>
    /// <param name="work">The work of the connection with this number.</param>
    /// <param name="then">Runs after all connections are done, as part of the measurement.</param>
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
