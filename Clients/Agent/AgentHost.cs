using ChunkUpload.Client;
using ChunkUpload.Client.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Agent;

/// <summary>
/// The agent of one user: the queue, what runs of it, and the local socket. It needs no process of its own; <c>cu agent</c> runs it until
/// the process is stopped.
/// </summary>
internal sealed class AgentHost : IDisposable
{
    private readonly AgentServer _server;
    private readonly AgentRunner _runner;
    private readonly DutyRunner _duties;
    private readonly CancellationTokenSource _end = new();

    private AgentHost(AgentServer server, AgentQueue queue, AgentRunner runner, DutyRunner duties) =>
        (_server, Queue, _runner, _duties) = (server, queue, runner, duties);

    public AgentQueue Queue { get; }

    /// <summary>Takes the socket of the place, and reads the queue.</summary>
    /// <param name="place">The agent's files.</param>
    /// <param name="states">The folder of the client's state, which has the history.</param>
    /// <param name="clients">Creates the clients of entries.</param>
    /// <param name="works">The kinds of duties that the agent has.</param>
    /// <param name="report">Receives notes and the outcomes of entries.</param>
    /// <param name="bandwidth">The limit of all together, which duties may share; <c>null</c> for a new one.</param>
    /// <exception cref="AgentException">Another agent of this user runs.</exception>
    public static async Task<AgentHost> OpenAsync(
        AgentPlace place, string states, IWorkClients clients, IReadOnlyList<IDutyWork> works, IAgentReport report, TimeProvider time,
        CancellationToken stop, BandwidthLimit? bandwidth = null)
    {
        var server = await AgentServer.OpenAsync(place, stop);
        try
        {
            var queue = new AgentQueue(new QueueStore(place.Folder), time, report.Note);
            var history = new HistoryStore(states, time, NullLogger.Instance);
            var all = bandwidth ?? new BandwidthLimit(time);
            var runner = new AgentRunner(queue, new TransferWork(clients, all), new Network(Network.AskAsync, time), all, time, Ended);
            return new AgentHost(server, queue, runner, new DutyRunner(new DutyStore(place.Folder), works, time, report.Note));

            void Ended(QueueEntry entry, Outcome outcome)
            {
                if (!outcome.IsTransient)
                    _ = history.AddAsync(outcome.ToHistory(entry, time.GetUtcNow()));
                report.Ended(entry, outcome);
            }
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Runs until it is cancelled, or a client asks the agent to end; then waits for what runs.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var link = stop.Register(_end.Cancel);
        var serving = _server.RunAsync(new AgentRequests(Queue, _runner, _duties, _end.Cancel), _end.Token);
        var duties = _duties.RunAsync(_end.Token);
        await _runner.RunAsync(_end.Token);
        await Task.WhenAll(duties, serving);
    }

    public void Dispose()
    {
        _server.Dispose();
        _end.Dispose();
    }
}
