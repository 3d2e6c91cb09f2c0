namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// The last descriptors that the process may open are the runtime's. To start a thread takes two, and a pool that cannot start one ends the
/// process ("Out of memory"); files and connections are refused before that.
/// </summary>
public static class DescriptorReserve
{
    public const int Most = 64;

    /// <summary>Whether one that was just opened is of the reserve: as the lowest free number is given out, none below it is free then.</summary>
    public static bool Holds(long descriptor) => Libc.GetRlimit(Libc.OpenFiles, out var limit) == 0 && Holds(descriptor, limit.Soft);

    /// <param name="limit">How many the process may open, as of now.</param>
    public static bool Holds(long descriptor, ulong limit) => (ulong)descriptor >= limit - Math.Min(Most, limit / 8);
}
