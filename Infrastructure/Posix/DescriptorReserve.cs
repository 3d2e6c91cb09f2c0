using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Posix;

internal sealed class DescriptorReserve : IOpenFileReserve
{
    public static readonly DescriptorReserve Real = new();

    public bool Holds(long handle) => Libc.GetRlimit(Libc.OpenFiles, out var limit) == 0 && Holds(handle, limit.Soft);

    /// <param name="limit">How many the process may open, as of now.</param>
    public static bool Holds(long descriptor, ulong limit) => (ulong)descriptor >= limit - Math.Min(IOpenFileReserve.Most, limit / 8);
}
