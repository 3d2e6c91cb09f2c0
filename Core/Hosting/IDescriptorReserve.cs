namespace ChunkUpload.Core.Hosting;

/// <summary>
/// The last descriptors that the process may open are the runtime's. To start a thread takes two, and a pool that cannot start one ends the
/// process ("Out of memory"); files and connections are refused before that.
/// </summary>
public interface IDescriptorReserve
{
    const int Most = 64;

    /// <summary>Whether one that was just opened is of the reserve: as the lowest free number is given out, none below it is free then.</summary>
    bool Holds(long descriptor);
}
