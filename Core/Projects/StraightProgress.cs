using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Reports the progress of direct transfers to the requester. <see cref="RelayWatch"/> reports that of relayed ones.
/// </summary>
public sealed class StraightProgress(ProgressBook book)
{
    // Without a name, because an operator who receives all events must not see paths.
    public void Report(FileTransfer transfer, long bytes) => book.Report(new ProgressReport(
        FileTransferTopicRights.TopicOf(transfer.Id), transfer.Tenant, transfer.Requester, "", bytes, bytes, transfer.Size));
}
