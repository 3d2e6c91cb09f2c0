using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Tells the requester how far a file is that comes from device to device. Of what is relayed, <see cref="RelayWatch"/> tells.
/// </summary>
public sealed class StraightProgress(ProgressBook book)
{
    // Without a name: an operator who listens to everything must not see a path.
    public void Report(FileTransfer transfer, long bytes) => book.Report(new ProgressReport(
        FileTransferTopicRights.TopicOf(transfer.Id), transfer.Tenant, transfer.Requester, "", bytes, bytes, transfer.Size));
}
