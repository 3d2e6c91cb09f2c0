namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Reserves the process's last file descriptors for the runtime. Starting a thread takes two, and a thread pool that cannot start one ends
/// the process ("Out of memory"); the service refuses files and connections before that.
/// </summary>
public interface IOpenFileReserve
{
    const int Most = 64;

    /// <summary>
    /// Returns whether a descriptor that was just opened belongs to the reserve. The system returns the lowest free number, so none below
    /// it is free.
    /// </summary>
    bool Holds(long handle);
}
