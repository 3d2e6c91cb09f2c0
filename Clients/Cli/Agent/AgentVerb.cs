using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Agent;
using ChunkUpload.Agent.Serving;
using ChunkUpload.Agent.Sync;
using ChunkUpload.Cli.Projects;
using ChunkUpload.Cli.Watching;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Agent;

/// <summary>cu agent: the user's background process.</summary>
internal static class AgentVerb
{
    public static Command Create()
    {
        var atOnce = new Option<int?>("--at-once")
        {
            Description = "How many transfers run at once. Default: CU_AGENT_AT_ONCE, then the value of cu queue limit (2).",
        };
        var bandwidth = new Option<string?>("--bandwidth")
        {
            Description = "Bytes a second of all together, off, or a timetable. Default: CU_AGENT_BANDWIDTH, then that of cu queue limit.",
        };
        var command = new Command("agent", "Run the transfers queued by cu up --background and cu get --background, until it is stopped")
        {
            atOnce, bandwidth,
        };
        command.SetAction((parse, stop) => Output.RunAsync(parse, output => RunAsync(
            output, Number(parse.GetValue(atOnce)), parse.GetValue(bandwidth) ?? Variable("CU_AGENT_BANDWIDTH"), stop)));
        var end = new Command("stop", "Stop the agent; the next one continues");
        end.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var agent = await AgentClient.ConnectAsync(AgentPlace.Known, stop);
            var answer = await agent.AskAsync(new AgentRequest { Do = Protocol.End }, stop);
            output.Result($"The agent (process {answer.Process}) stops.", new JsonObject { ["ok"] = true, ["process"] = answer.Process });
            return ExitCodes.Done;
        }));
        command.Add(end);
        command.Add(ServeVerb.Create());
        foreach (var verb in Duties.Create())
            command.Add(verb);
        return command;
    }

    private static async Task<int> RunAsync(Output output, int? atOnce, string? bandwidth, CancellationToken stop)
    {
        if (atOnce is < 1 or > QueueSettings.MostAtOnce)
            throw new UsageException($"From 1 to {QueueSettings.MostAtOnce} may run at once.");
        if (QueueEntry.Faults(new Plan { Bandwidth = bandwidth }) is { } wrong)
            throw new UsageException(wrong);
        var place = AgentPlace.New;
        using var clients = new ProfileClients();
        var limit = new BandwidthLimit();
        using var host = await AgentHost.OpenAsync(
            place, ChunkUploadClient.DefaultStateDirectory, clients,
            [
                new WatchDuty(clients, output),
                new ServeDuty(clients, ChunkUploadClient.DefaultStateDirectory, TimeProvider.System, limit),
                new SyncDuty(clients, ChunkUploadClient.DefaultStateDirectory, TimeProvider.System),
            ],
            new Report(output), TimeProvider.System, stop, limit);
        host.Queue.Override(atOnce, bandwidth);
        output.Result(
            $"The agent runs: {host.Queue.Entries.Count} in the queue. Its socket is {place.Socket}.",
            new JsonObject
            {
                ["ok"] = true,
                ["process"] = Environment.ProcessId,
                ["socket"] = place.Socket,
                ["entries"] = host.Queue.Entries.Count,
            });
        await host.RunAsync(stop);
        output.Note("The agent has stopped. The next one continues with the queue.");
        return ExitCodes.Done;
    }

    private static int? Number(int? flag) => flag ?? (Variable("CU_AGENT_AT_ONCE") is not { } text ? null
        : int.TryParse(text, out var number) ? number
        : throw new UsageException("CU_AGENT_AT_ONCE is not a number."));

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private sealed class Report(Output output) : IAgentReport
    {
        public void Note(string sentence) => output.Note(sentence);

        public void Ended(QueueEntry entry, Outcome outcome)
        {
            var name = Output.Printable(entry.Name);
            if (outcome.Fault is { } fault)
            {
                var message = outcome.IsTransient ? fault.Message + " It is tried again." : fault.Message;
                output.Fail($"{entry.Id} {name}", message, fault.Code, fault.Class);
                return;
            }

            output.Result(
                $"{entry.Id} {name} is done",
                new JsonObject { ["ok"] = true, ["id"] = entry.Id, ["name"] = entry.Name });
        }
    }
}
