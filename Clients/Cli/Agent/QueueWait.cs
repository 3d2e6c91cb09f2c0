using ChunkUpload.Agent;

namespace ChunkUpload.Cli.Agent;

/// <summary>
/// cu queue --wait: ends once nothing is left that the agent would still do; what failed, is paused, or comes again and again is not waited
/// for. For scripts: the exit code is that of the first entry that has failed.
/// </summary>
internal static class QueueWait
{
    public static async Task<int> RunAsync(Output output, AgentClient agent, CancellationToken stop)
    {
        output.Stopped = "No longer waiting. The agent continues.";
        for (var answer = await agent.AskAsync(new AgentRequest { Do = Protocol.Watch }, stop); ; answer = await agent.NextAsync(stop))
        {
            if (!answer.Queue!.IsPaused && answer.Entries!.Any(IsToCome))
                continue;
            var failed = answer.Entries!.Where(entry => entry.State == "failed").OrderBy(entry => entry.Id).ToList();
            foreach (var entry in failed)
                output.Result(QueueText.Line(entry), QueueText.Fields(entry));
            output.Result(QueueText.Sum(answer.Queue), QueueText.Fields(answer.Queue));
            return failed.Count == 0 ? ExitCodes.Done : ExitCodes.Of(failed[0].Fault?.Class);
        }
    }

    private static bool IsToCome(EntryView entry) =>
        entry.State is "running" or "cancelling" || (entry.State == "waiting" && entry.Plan.Every is null);
}
