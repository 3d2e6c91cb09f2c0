using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>The ways to copy a range between files, each used when the one before fails (E22).</summary>
public sealed class DiskCopyTests : IDisposable
{
    private const int Size = (2 << 20) + 4321;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();

    // On a file system that shares blocks nothing else would be tried, and whole pages take another path than the rest.
    public DiskCopyTests() => (_disk.DiskStore.CannotClone, _disk.DiskStore.WritesDirectly) = (true, false);

    [Fact]
    public async Task Makes_room_before_it_copies()
    {
        await CopyAsync();

        var order = _disk.Calls.Seen.Select(call => call.Name)
            .Where(name => name is nameof(ISyscalls.Preallocate) or nameof(ISyscalls.CopyFileRange)).Distinct();
        Assert.Equal([nameof(ISyscalls.Preallocate), nameof(ISyscalls.CopyFileRange)], order);
    }

    [Fact]
    public async Task Shares_blocks_where_the_file_system_can()
    {
        _disk.DiskStore.CannotClone = false;
        _disk.Calls.Answer = call => call.Name == nameof(ISyscalls.CloneRange) ? 0 : null;
        var chunk = await _disk.AddChunkAsync(Bytes(8192));
        await using var writer = await _disk.Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Assembly, 1), null, None);
        _disk.Calls.Seen.Clear();

        writer.CopyFrom(chunk, 0, 8192, 4096, None);

        Assert.Equal(1, _disk.Calls.Count(nameof(ISyscalls.CloneRange)));
        Assert.Equal(0, _disk.Calls.Count(nameof(ISyscalls.CopyFileRange)) + _disk.Calls.Count(nameof(ISyscalls.Preallocate)));
    }

    [Theory]
    [InlineData(1, 8191, 0)]
    [InlineData(0, 8192, 1)]
    [InlineData(0, 100, 0)]
    public async Task Does_not_try_to_share_what_is_not_aligned(int from, int length, int to)
    {
        _disk.DiskStore.CannotClone = false;
        var chunk = await _disk.AddChunkAsync(Bytes(8192));
        await using var writer = await _disk.Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Assembly, 1), null, None);

        writer.CopyFrom(chunk, from, length, to, None);

        Assert.Equal(0, _disk.Calls.Count(nameof(ISyscalls.CloneRange)));
    }

    [Fact]
    public async Task Asks_once_whether_blocks_can_be_shared()
    {
        _disk.DiskStore.CannotClone = false;
        _disk.Calls.Fail(nameof(ISyscalls.CloneRange), Errno.NotSupported);

        Assert.Equal(Bytes(Size), await CopyAsync());
        Assert.Equal(1, _disk.Calls.Count(nameof(ISyscalls.CloneRange)));

        Assert.Equal(Bytes(Size), await CopyAsync());
        Assert.Equal(0, _disk.Calls.Count(nameof(ISyscalls.CloneRange)));
    }

    [Fact]
    public async Task Whole_pages_go_from_device_to_device()
    {
        _disk.DiskStore.WritesDirectly = true;

        Assert.Equal(Bytes(Size), await CopyAsync());

        // The rest of the last page.
        var rest = Assert.Single(_disk.Calls.Seen, call => call.Name == nameof(ISyscalls.CopyFileRange));
        Assert.Equal((Size & -4096, Size & 4095), (rest.Offset, rest.Length));
        Assert.Equal([1, 1, 0, 0], _disk.Calls.Seen.Where(call => call.Name == nameof(ISyscalls.SetDirect)).Select(call => call.Length));
    }

    [Theory]
    [InlineData(nameof(ISyscalls.Pread), -Errno.Invalid)]
    [InlineData(nameof(ISyscalls.Pread), 4096)]
    [InlineData(nameof(ISyscalls.Pwrite), -Errno.Invalid)]
    [InlineData(nameof(ISyscalls.SetDirect), -Errno.Invalid)]
    public async Task Failed_direct_copy_falls_back_to_the_page_cache(string name, int answer)
    {
        _disk.DiskStore.WritesDirectly = true;
        var asked = 0;
        _disk.Calls.Answer = call => call.Name == name && call.Offset == (name == nameof(ISyscalls.SetDirect) ? 0 : 1 << 20)
            && asked++ == 0 ? answer : null;

        Assert.Equal(Bytes(Size), await CopyAsync());
    }

    [Theory]
    [InlineData(nameof(ISyscalls.Pread))]
    [InlineData(nameof(ISyscalls.Pwrite))]
    public async Task An_error_past_the_page_cache_is_the_device_s(string name)
    {
        _disk.DiskStore.WritesDirectly = true;
        _disk.Calls.Answer = call => call.Name == name && call.Offset == 1 << 20 ? -Errno.InputOutput : null;

        await ThrowsAsync(StoreError.Io, CopyAsync);

        Assert.NotNull(_disk.Store.Health.Degraded);
    }

    [Fact]
    public async Task Continues_after_a_short_copy()
    {
        _disk.Calls.Answer = call => call.Name == nameof(ISyscalls.CopyFileRange) && call.Length > 700_000 ? 700_000 : null;

        Assert.Equal(Bytes(Size), await CopyAsync());

        Assert.True(_disk.Calls.Count(nameof(ISyscalls.CopyFileRange)) > 2);
    }

    [Theory]
    [InlineData(Errno.CrossDevice)]
    [InlineData(Errno.NoSuchCall)]
    [InlineData(Errno.NotSupported)]
    [InlineData(Errno.Invalid)]
    public async Task Copies_through_memory_where_the_kernel_does_not(int errno)
    {
        // Also when the error comes only in the middle.
        _disk.Calls.Answer = call => call.Name == nameof(ISyscalls.CopyFileRange) ? call.Offset == 0 ? 100_000 : -errno : null;

        Assert.Equal(Bytes(Size), await CopyAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_source_that_ends_early_is_damage(bool inKernel)
    {
        // The length was right when it was read; the file has been cut since.
        _disk.Calls.Answer = call => call.Name switch
        {
            nameof(ISyscalls.CopyFileRange) => !inKernel ? -Errno.CrossDevice : call.Offset == 0 ? 4096 : 0,
            nameof(ISyscalls.Pread) => call.Offset == 0 ? null : 0,
            _ => null,
        };

        await ThrowsAsync(StoreError.Damaged, CopyAsync);

        Assert.Null(_disk.Store.Health.Degraded);
    }

    [Theory]
    [InlineData(nameof(ISyscalls.Preallocate))]
    [InlineData(nameof(ISyscalls.CopyFileRange))]
    public async Task A_full_disk_is_no_damage_and_degrades_nothing(string call)
    {
        await CopyAsync();
        _disk.Calls.Fail(call, Errno.NoSpace, path => path != "");
        var chunk = DiskStoreRig.NewChunk();
        await using (var writer = await _disk.Store.CreateAsync(chunk, null, None))
            writer.Write(Bytes(Size), 0);
        await using var assembly = await _disk.Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Assembly, 1), null, None);

        Throws(StoreError.NoSpace, () => assembly.CopyFrom(chunk, 0, Size, 0, None));

        Assert.Null(_disk.Store.Health.Degraded);
    }

    [Fact]
    public async Task A_device_error_degrades_the_store()
    {
        _disk.Calls.Fail(nameof(ISyscalls.CopyFileRange), Errno.InputOutput);

        await ThrowsAsync(StoreError.Io, CopyAsync);

        Assert.NotNull(_disk.Store.Health.Degraded);
    }

    public void Dispose() => _disk.Dispose();

    private async Task<byte[]> CopyAsync()
    {
        var chunk = await _disk.AddChunkAsync(Bytes(Size));
        var assembly = DiskStoreRig.NewFile(StoredFileKind.Assembly, 1);
        _disk.Calls.Seen.Clear();
        await using (var writer = await _disk.Store.CreateAsync(assembly, null, None))
        {
            writer.CopyFrom(chunk, 0, Size, 0, None);
            await writer.FlushAsync(final: true, None);
        }

        return await _disk.Store.ReadAsync(assembly);
    }
}
