using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>Which reads for sending bypass the page cache.</summary>
public sealed class PastCacheTests : IDisposable
{
    private const int Size = (3 << 20) + 4321, Run = 1 << 20;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();
    private readonly byte[] _bytes = Bytes(Size);
    private long _cached;

    public PastCacheTests() => _disk.Calls.Answer = call => call.Name == nameof(ISyscalls.CachedPages) ? _cached : null;

    [Fact]
    public async Task Any_range_that_is_not_in_the_page_cache_comes_past_it()
    {
        var random = new Random(5);
        for (var turn = 0; turn < 15; turn++)
        {
            var file = await _disk.AddChunkAsync(_bytes);
            using var reader = _disk.Store.OpenRead(file);
            var offset = random.Next(3) == 0 ? 4096 * random.Next(0, 400) : random.Next(0, Size - (128 << 10));
            var count = random.Next(128 << 10, 2 * Run);
            _disk.Calls.Seen.Clear();
            using (var read = await ((IUncachedReader)reader).ReadPastCacheAsync(offset, count))
            {
                var there = Math.Min(Math.Min(count, Size - offset), Run - (offset % 4096));
                Assert.True(read?.Bytes.SequenceEqual(_bytes.AsSpan(offset, there)));
            }

            Assert.Equal([1], Turns);
            Assert.All(Reads, call => Assert.True(call.Offset % 4096 == 0 && call.Length % 4096 == 0, $"{call}"));
            // Unaligned reads into small memory, by the same descriptor.
            var rest = new byte[1001];
            Assert.Equal(1001, await reader.ReadAsync(rest, 77, None));
            Assert.True(rest.AsSpan().SequenceEqual(_bytes.AsSpan(77, 1001)));
            Assert.Equal([1, 0], Turns);
        }
    }

    [Theory]
    [InlineData((128 << 10) - 1, 0, true)]
    [InlineData(1 << 20, 0, false)]
    [InlineData(1 << 20, 256, true)]
    [InlineData(1 << 20, 129, true)]
    [InlineData(1 << 20, -Errno.NoSuchCall, true)]
    public async Task Short_cached_unknown_or_unwanted_runs_are_left_to_the_page_cache(int count, long cached, bool wanted)
    {
        var file = await _disk.AddChunkAsync(_bytes);
        (_cached, _disk.DiskStore.WritesDirectly) = (cached, wanted);
        using var reader = _disk.Store.OpenRead(file);

        Assert.Null(await ((IUncachedReader)reader).ReadPastCacheAsync(0, count));

        Assert.Empty(Turns);
    }

    [Fact]
    public async Task The_end_of_a_file_is_read_directly_and_nothing_comes_after_it()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        using var reader = _disk.Store.OpenRead(file);
        foreach (var (offset, there) in new[] { (Size - 200_000, 200_000), (Size - 100, 100), (Size, 0), (2 * Size, 0) })
        {
            using var read = await ((IUncachedReader)reader).ReadPastCacheAsync(offset, 200_000);
            Assert.True(read?.Bytes.SequenceEqual(_bytes.AsSpan(Math.Min(offset, Size), there)));
        }
    }

    [Fact]
    public async Task Second_read_uses_the_page_cache()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        for (var offset = 0; offset < Size; offset += Run)
        {
            using var reader = _disk.Store.OpenRead(file);
            using var read = await ((IUncachedReader)reader).ReadPastCacheAsync(offset, Run);
            Assert.NotNull(read);
        }

        using var again = _disk.Store.OpenRead(file);
        Assert.Null(await ((IUncachedReader)again).ReadPastCacheAsync(0, Run));
        using var other = _disk.Store.OpenRead(await _disk.AddChunkAsync(_bytes));
        using var first = await ((IUncachedReader)other).ReadPastCacheAsync(0, Run);
        Assert.NotNull(first);
    }

    [Fact]
    public async Task Bytes_that_are_read_again_after_a_failed_send_count_once()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        using var reader = _disk.Store.OpenRead(file);
        _ = await reader.ReadAsync(new byte[1000], 0, None);
        for (var offset = 1000; offset < Size; offset += 100_000)
        {
            using var read = await ((IUncachedReader)reader).ReadPastCacheAsync(offset, 600_000);
            Assert.NotNull(read);
        }

        using var again = _disk.Store.OpenRead(file);
        Assert.Null(await ((IUncachedReader)again).ReadPastCacheAsync(0, Run));
    }

    [Theory]
    [InlineData(nameof(ISyscalls.SetDirect), Errno.Invalid)]
    [InlineData(nameof(ISyscalls.Pread), Errno.Invalid)]
    [InlineData(nameof(ISyscalls.Pread), Errno.InputOutput)]
    public async Task Failed_direct_read_falls_back_to_the_page_cache(string name, int error)
    {
        var file = await _disk.AddChunkAsync(_bytes);
        using var reader = _disk.Store.OpenRead(file);
        _disk.Calls.Answer = call => call.Name == nameof(ISyscalls.CachedPages) ? 0 : call.Name == name && call.Length > 0 ? -error : null;

        for (var turn = 0; turn < 2; turn++)
        {
            Assert.Null(await ((IUncachedReader)reader).ReadPastCacheAsync(0, Run));
            var read = new byte[5000];
            Assert.Equal(5000, await reader.ReadAsync(read, 3, None));
            Assert.True(read.AsSpan().SequenceEqual(_bytes.AsSpan(3, 5000)));
        }
    }

    [Fact]
    public async Task A_descriptor_that_cannot_leave_direct_mode_reads_nothing_else()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        using var reader = _disk.Store.OpenRead(file);
        (await ((IUncachedReader)reader).ReadPastCacheAsync(0, Run))!.Dispose();
        _disk.Calls.Fail(nameof(ISyscalls.SetDirect), Errno.Invalid);

        await ThrowsAsync(StoreError.Io, () => reader.ReadAsync(new byte[5000], 3, None).AsTask());
    }

    [Fact]
    public async Task Each_part_of_a_large_file_is_tracked_separately()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        var parts = _disk.DiskStore.FirstReads.Of(file, 10L << 30);

        parts.Add(45 << 20, 39 << 20);
        Assert.False(parts.WasRead(45 << 20));
        parts.Add(79 << 20, 1 << 20);

        Assert.True(parts.WasRead(40 << 20));
        Assert.True(parts.WasRead((80 << 20) - 1));
        Assert.False(parts.WasRead(80 << 20));
        Assert.False(parts.WasRead((40 << 20) - 1));
        Assert.Same(parts, _disk.DiskStore.FirstReads.Of(file, 10L << 30));
    }

    [Fact]
    public void The_oldest_of_many_files_are_forgotten()
    {
        var reads = new FirstReads();
        var files = Enumerable.Range(0, 1025).Select(_ => DiskStoreRig.NewChunk()).ToArray();
        var parts = Array.ConvertAll(files, file => reads.Of(file, 1));

        Assert.Same(parts[1], reads.Of(files[1], 1));
        Assert.NotSame(parts[0], reads.Of(files[0], 1));
    }

    public void Dispose() => _disk.Dispose();

    private IEnumerable<long> Turns => _disk.Calls.Seen.Where(call => call.Name == nameof(ISyscalls.SetDirect)).Select(call => call.Length);

    private IEnumerable<Syscall> Reads => _disk.Calls.Seen.Where(call => call.Name == nameof(ISyscalls.Pread));
}
