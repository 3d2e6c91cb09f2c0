using ChunkUpload.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Agent;

/// <summary>cu queue --watch: a bar for each entry that runs, and a line for each that ended.</summary>
internal static class QueueWatch
{
    public static async Task<int> RunAsync(Output output, AgentClient agent, CancellationToken stop)
    {
        output.Stopped = "No longer watching. The agent continues.";
        return await Bars.ShowAsync<int>(output, async bars =>
        {
            var shown = new Dictionary<long, (EntryView Entry, IProgress<TransferProgress> Bar)>();
            for (var answer = await agent.AskAsync(new AgentRequest { Do = Protocol.Watch }, stop); ; answer = await agent.NextAsync(stop))
            {
                if (output.IsJson)
                {
                    var line = QueueText.Fields(answer.Queue!);
                    line["items"] = new System.Text.Json.Nodes.JsonArray([.. answer.Entries!.Select(entry => QueueText.Fields(entry))]);
                    output.Result("", line);
                    continue;
                }

                var running = answer.Entries!.Where(entry => entry is { State: "running", Progress: not null }).ToList();
                foreach (var entry in running)
                {
                    var bar = shown.TryGetValue(entry.Id, out var known) ? known.Bar : bars.Begin($"{entry.Id} {entry.Name}");
                    shown[entry.Id] = (entry, bar);
                    bar.Report(entry.Progress!);
                }

                foreach (var id in shown.Keys.Where(id => running.All(entry => entry.Id != id)).ToList())
                {
                    var (entry, bar) = shown[id];
                    bar.Report(entry.Progress! with { Phase = TransferPhase.Done });
                    _ = shown.Remove(id);
                    if (answer.Entries!.FirstOrDefault(left => left.Id == id) is { } left)
                        output.Note(QueueText.Line(left));
                    else
                        output.Note($"{entry.Id,5}  {QueueText.Way(entry)}  has left the queue");
                }
            }
        });
    }
}
