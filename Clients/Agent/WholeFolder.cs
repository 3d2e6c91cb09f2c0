using ChunkUpload.Client;

namespace ChunkUpload.Agent;

/// <summary>Reports the transfer of a folder as the progress of one file.</summary>
/// <param name="name">The name that the reports have.</param>
/// <param name="whole">Receives the reports, one at a time.</param>
internal sealed class WholeFolder(string name, IProgress<TransferProgress> whole) : IProgress<FolderProgress>
{
    private static readonly Uri Nowhere = new("about:blank");

    private readonly Lock _gate = new();

    public void Report(FolderProgress value)
    {
        lock (_gate)
            whole.Report(Of(value));
    }

    private TransferProgress Of(FolderProgress now) => new()
    {
        Name = name,
        Phase = now.Trouble is null ? TransferPhase.Moving : TransferPhase.Waiting,
        Size = now.FoundBytes,
        Safe = now.SafeBytes,
        Sent = now.SafeBytes + now.Running.Sum(file => file.Sent - file.Safe),
        ChunksDone = 0,
        Chunks = 0,
        Speed = now.AverageSpeed,
        AverageSpeed = now.AverageSpeed,
        PeakSpeed = now.AverageSpeed,
        Remaining = now.IsScanned && now.AverageSpeed > 1
            ? TimeSpan.FromSeconds(Math.Min((now.FoundBytes - now.SafeBytes) / now.AverageSpeed, 1e9))
            : null,
        Retries = 0,
        SavedByResuming = 0,
        Trouble = now.Trouble,
        Service = now.Running.Count > 0 ? now.Running[0].Service : Nowhere,
    };
}
