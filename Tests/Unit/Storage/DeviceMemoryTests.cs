using System.Runtime.InteropServices;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Tests.Unit.Storage;

public sealed class DeviceMemoryTests
{
    [Theory]
    [InlineData(256 << 10, 4 << 10)]
    [InlineData(8 << 20, 2 << 20)]
    public unsafe void Begins_with_a_page_and_asks_for_no_more_than_one_beside_it(int bytes, int page)
    {
        var memory = new DeviceMemory().Allocate(bytes);
        using var pinned = memory.Pin();
        Assert.Equal((bytes, 0L), (memory.Length, (long)pinned.Pointer % page));
        Assert.True(MemoryMarshal.TryGetArray<byte>(memory, out var all));
        Assert.Equal(bytes + page, all.Array!.Length);
    }
}
