namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Opens a data directory and its ledger for a verb such as fsck, whether or not the service runs. If it does not run, the verb holds the
/// directory's lock so that neither the service nor another verb can start, and runs the private database for as long as the visit lasts.
/// </summary>
public interface IFsckTarget
{
    /// <exception cref="Hosting.StartRefusedException">The target cannot be opened; the message says why.</exception>
    Task<IFsckVisit> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Opens the store that all nodes share, after the target.</summary>
    /// <returns>Why it cannot be read; <c>null</c>: it can, or there is none.</returns>
    Task<string?> OpenSharedAsync(CancellationToken cancellationToken);
}

/// <summary>Disposing restores the state that was found.</summary>
public interface IFsckVisit : IAsyncDisposable
{
    /// <summary>Another process serves this data directory.</summary>
    bool ServiceRuns { get; }

    /// <summary>The address of the service that runs; null if none is ready.</summary>
    string? ServiceAddress { get; }
}
