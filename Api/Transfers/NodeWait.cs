using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Api.Transfers;

/// <summary>Why work waits for a node.</summary>
/// <param name="Reason">worker: no node takes work; node: the node on whose machine a folder is takes none.</param>
/// <param name="Sentence">For people; null if the reason says all.</param>
internal sealed record NodeWait(string Reason, DateTimeOffset Since, string? Sentence);

/// <summary>Finds out whether work waits for a node.</summary>
internal sealed class NodeWaits(NodeDrain drain, OtherFolders folders)
{
    /// <param name="first">A connection that the work uses; null for the service's own files.</param>
    /// <param name="second">The other one.</param>
    public NodeWait? Of(string tenant, string subject, Guid? first, Guid? second)
    {
        if (drain.Waiting is { } work)
            return new NodeWait("worker", work.Since, null);
        return folders.WaitingFor(tenant, subject, first, second) is { } folder
            ? new NodeWait("node", folder.Node.Since, folder.Trouble)
            : null;
    }
}
