using ChunkUpload.Client;
using ChunkUpload.Client.State;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// The id with which this agent claims transfers. It never changes: after a kill the agent continues the transfers that it has claimed, and
/// an agent on another computer with a copy of the key cannot.
/// </summary>
internal static class AgentClaim
{
    /// <exception cref="TransferException">The file cannot be read or written.</exception>
    public static Guid Of(string states)
    {
        var path = Path.Combine(states, "serving", "claim");
        try
        {
            // A copy of the whole state on another computer is another agent.
            if (File.Exists(path) && File.ReadAllText(path).Split(' ', 2) is [var id, var machine]
                && machine.Trim() == Environment.MachineName && Guid.TryParse(id, out var known) && known != Guid.Empty)
                return known;
            var made = Guid.NewGuid();
            PrivateFile.CreateFolder(Path.GetDirectoryName(path)!);
            PrivateFile.Replace(path, System.Text.Encoding.UTF8.GetBytes($"{made} {Environment.MachineName}\n"), flush: true);
            return made;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"{path} cannot be read or written: {failure.Message}", failure);
        }
    }
}
