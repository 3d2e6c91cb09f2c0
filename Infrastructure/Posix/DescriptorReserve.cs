using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Posix;

internal sealed class DescriptorReserve : IDescriptorReserve
{
    public static readonly DescriptorReserve Real = new();

    public bool Holds(long descriptor) => Libc.GetRlimit(Libc.OpenFiles, out var limit) == 0 && Holds(descriptor, limit.Soft);

    /// <param name="limit">How many the process may open, as of now.</param>
    public static bool Holds(long descriptor, ulong limit) => (ulong)descriptor >= limit - Math.Min(IDescriptorReserve.Most, limit / 8);
}
