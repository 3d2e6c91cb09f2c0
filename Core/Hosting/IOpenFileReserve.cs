namespace ChunkUpload.Core.Hosting;

/// <summary>
/// The last files that the process may open are the runtime's. Starting a thread takes two, and a pool that cannot start one ends the
/// process ("Out of memory"); the service refuses files and connections before that.
/// </summary>
public interface IOpenFileReserve
{
    const int Most = 64;

    /// <summary>
    /// Whether a handle that was just opened belongs to the reserve: the system gives out the lowest free number, so none below it is free.
    /// </summary>
    bool Holds(long handle);
}
