using ChunkUpload.Agent;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The agent inside another program, without a process of its own.</summary>
[Collection(DeviceCollection.Name)]
public sealed class AgentHostTests(ApiFixture fixture) : IDisposable
{
    private readonly TestService _service = fixture.Service;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_hosted_agent_transfers_what_is_queued_and_ends_when_it_is_asked_to()
    {
        var file = _folder["a.bin"];
        await File.WriteAllBytesAsync(file, ClientRig.Bytes(100_000));
        var path = $"hosted-{Guid.NewGuid():n}/a.bin";
        var place = new AgentPlace(_folder["agent.sock"], _folder["agent"]);
        var report = new Reports();
        using var host = await AgentHost.OpenAsync(
            place, _folder["state"], new KeyClients(_service, _folder["state"]), [], report, TimeProvider.System,
            CancellationToken.None);
        var running = host.RunAsync(CancellationToken.None);
        using var asking = await AgentClient.ConnectAsync(place, CancellationToken.None);
        var work = new QueuedWork { IsUp = true, Local = file, Remote = path, Url = _service.Address.AbsoluteUri };
        _ = await asking.AskAsync(
            new AgentRequest { Do = Protocol.Add, Additions = [new Addition(work, new Plan())] }, CancellationToken.None);
        var (entry, outcome) = await report.First.Task.WaitAsync(Eventually.Limit);
        Assert.Equal(("a.bin", null), (entry.Name, outcome.Fault));
        Assert.Equal(ClientRig.Bytes(100_000), await _service.Client.GetByteArrayAsync($"/api/tree/{path}"));

        // A second agent of the same user is refused while the first one runs.
        var second = await Assert.ThrowsAsync<AgentException>(() => AgentHost.OpenAsync(
            place, _folder["state"], new KeyClients(_service, _folder["state"]), [], report, TimeProvider.System, CancellationToken.None));
        Assert.Equal(AgentException.AlreadyRuns, second.Code);
        _ = await asking.AskAsync(new AgentRequest { Do = Protocol.End }, CancellationToken.None);
        await running.WaitAsync(Eventually.Limit);
        Assert.Empty(host.Queue.Entries);
    }

    private sealed class KeyClients(TestService service, string states) : IWorkClients
    {
        public ChunkUploadClient Open(QueuedWork work, IReadOnlyList<BandwidthLimit> limits, Action<PastTransfer> ended) =>
            new(new ChunkUploadClientOptions
            {
                Service = new Uri(work.Url),
                Key = File.ReadAllText(service.KeyFile).Trim(),
                StateDirectory = states,
                Bandwidth = limits,
                KeepHistory = false,
                Ended = ended,
            });
    }

    private sealed class Reports : IAgentReport
    {
        public TaskCompletionSource<(QueueEntry Entry, Outcome Outcome)> First { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Note(string sentence)
        {
        }

        public void Ended(QueueEntry entry, Outcome outcome) => First.TrySetResult((entry, outcome));
    }
}
