namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Opens a data directory and its ledger for looking, whether or not the service runs: when it does, beside it; when it does not, fsck
/// holds the directory's lock meanwhile, so that it cannot start, and a private database runs for as long as the visit lasts.
/// </summary>
public interface IFsckTarget
{
    /// <exception cref="Hosting.StartRefusedException">With the sentence why it cannot be looked at.</exception>
    Task<IFsckVisit> OpenAsync(CancellationToken cancellationToken);
}

/// <summary>Disposing leaves everything as it was found.</summary>
public interface IFsckVisit : IAsyncDisposable
{
    /// <summary>Another process serves this data directory.</summary>
    bool ServiceRuns { get; }
}
