using System.Runtime.InteropServices;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// The runtime's own memory, which stays where it is. In huge pages the kernel looks up one page for what would be 512, and gives the device one extent instead of
/// as many: without them a run of 512 KiB costs some 40 us more.
/// </summary>
internal sealed class DeviceMemory : IDeviceMemory
{
    private const int HugePage = 2 << 20;

    public unsafe Memory<byte> Allocate(int bytes)
    {
        // What lies before the first page is never touched, and so never there.
        var page = bytes < HugePage ? Environment.SystemPageSize : HugePage;
        var all = GC.AllocateUninitializedArray<byte>(bytes + page, pinned: true);
        var address = Marshal.UnsafeAddrOfPinnedArrayElement(all, 0);
        var start = (int)(-address & (page - 1));
        // Advice only: without huge pages there are more of them.
        _ = Libc.Madvise((void*)(address + start), (nuint)bytes, PosixFlags.AdviseHugePage);
        return MemoryMarshal.CreateFromPinnedArray(all, start, bytes);
    }
}
