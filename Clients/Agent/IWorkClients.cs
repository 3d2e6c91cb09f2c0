using ChunkUpload.Client;

namespace ChunkUpload.Agent;

/// <summary>
/// Creates the clients of entries. The queue names profiles and key files; only the program that hosts the agent reads them.
/// </summary>
internal interface IWorkClients
{
    /// <param name="work">The work, which names the service and its key.</param>
    /// <param name="limits">The bandwidth limits of the client.</param>
    /// <param name="ended">Receives the row that the history would get.</param>
    /// <exception cref="TransferException">The profile, its key or the key file is missing.</exception>
    ChunkUploadClient Open(QueuedWork work, IReadOnlyList<BandwidthLimit> limits, Action<PastTransfer> ended);
}
