using System.Runtime.InteropServices;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>Long runs past the page cache: the same bytes, the same errors.</summary>
public sealed class LongWritesTests : IDisposable
{
    private const int Page = 4096, Long = 1 << 20;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();
    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>((4 * Long) + Page, pinned: true);
    private readonly int _start;

    public LongWritesTests()
    {
        new Random(7).NextBytes(_memory);
        _start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0) & (Page - 1));
    }

    [Fact]
    public async Task A_long_run_goes_past_the_page_cache()
    {
        var file = NewSegment();
        await using var writer = await _disk.Store.CreateAsync(file, 4 * Long, default);
        Write(writer, 0, Long);
        Write(writer, Long, Long);
        Assert.Equal(1, Turns);
        Assert.Equal([(0, Long), (Long, Long)], Writes);

        // A short run uses the page cache, and the next long one is direct again.
        Write(writer, 2 * Long, 100);
        Write(writer, (2 * Long) + 100, Long);
        Assert.Equal(4, Turns);
        Assert.Equal([(2 * Long, 100), ((2 * Long) + 100, Page - 100), ((2 * Long) + Page, Long - Page), (3 * Long, 100)], Writes.Skip(2));
        await IsThereAsync(file, writer, (3 * Long) + 100);
    }

    [Fact]
    public async Task A_buffer_with_another_offset_in_its_page_is_not_written_directly()
    {
        var file = NewSegment();
        await using var writer = await _disk.Store.CreateAsync(file, null, default);
        writer.Write(Bytes(512, Long), 0);
        Assert.Equal(0, Turns);
        await writer.FlushAsync(true, default);
        var stored = await File.ReadAllBytesAsync(_disk.PathOf(file));
        Assert.True(Bytes(512, Long).SequenceEqual(stored));
    }

    [Fact]
    public async Task Any_sizes_in_any_order_of_ways_make_the_same_file()
    {
        var random = new Random(11);
        for (var turn = 0; turn < 20; turn++)
        {
            var file = NewSegment();
            var writer = await _disk.Store.CreateAsync(file, random.Next(2) == 0 ? null : 4 * Long, default);
            var at = 0;
            while (at < 4 * Long)
            {
                var length = Math.Min((4 * Long) - at, random.Next(
                    4) switch
                { 0 => random.Next(1, 2000), 1 => 256 << 10, 2 => random.Next(1, Long), _ => Page * random.Next(1, 200) });
                Write(writer, at, length);
                at += length;
                if (random.Next(6) == 0)
                {
                    await writer.DisposeAsync();
                    writer = await _disk.Store.ReopenAsync(file, null, default);
                }
            }

            await IsThereAsync(file, writer, at);
            await writer.DisposeAsync();
            _disk.Store.Delete(file);
        }

        Assert.True(Turns > 20, $"{Turns} turns");
    }

    [Fact]
    public async Task A_short_write_is_continued()
    {
        const int written = 2 * Page;
        var file = NewSegment();
        await using var writer = await _disk.Store.CreateAsync(file, null, default);
        _disk.Calls.Answer = call => call is { Name: nameof(ISyscalls.Pwrite), Length: Long } ? written : null;
        Write(writer, 0, Long);
        _disk.Calls.Answer = null;
        Assert.Equal([(0, Long), (written, Long - written)], Writes);
        await IsThereAsync(file, writer, Long);
    }

    [Theory]
    [InlineData(nameof(ISyscalls.SetDirect))]
    [InlineData(nameof(ISyscalls.Pwrite))]
    public async Task A_file_system_without_direct_writes_is_tried_once(string call)
    {
        var file = NewSegment();
        await using var writer = await _disk.Store.CreateAsync(file, null, default);
        var refused = 0;
        _disk.Calls.Answer = made => made.Name == call && refused++ == 0 ? -Errno.Invalid : null;
        Write(writer, 0, Long);
        Write(writer, Long, Long);
        _disk.Calls.Answer = null;
        Assert.False(_disk.DiskStore.WritesDirectly);
        Assert.True(_disk.Log.WasLogged(3008));
        Assert.False(await MovesAsync(writer));
        await IsThereAsync(file, writer, 2 * Long);
        Assert.Equal(call == nameof(ISyscalls.Pwrite) ? 2 : 1, Turns);
    }

    [Theory]
    [InlineData(Errno.InputOutput, StoreError.Io)]
    [InlineData(Errno.NoSpace, StoreError.NoSpace)]
    public async Task Direct_writes_report_the_same_errors_as_others(int errno, StoreError error)
    {
        await using var writer = await _disk.Store.CreateAsync(NewSegment(), null, default);
        _disk.Calls.Fail(nameof(ISyscalls.Pwrite), errno);
        Throws(error, () => Write(writer, 0, Long));
        _disk.Calls.Answer = null;
        Assert.Single(Writes);
        Assert.True(_disk.DiskStore.WritesDirectly);
    }

    [Theory]
    [InlineData(true, Durability.Committed, StoredFileKind.Segment, true)]
    [InlineData(false, Durability.Committed, StoredFileKind.Segment, false)]
    [InlineData(true, Durability.Relaxed, StoredFileKind.Segment, false)]
    [InlineData(true, Durability.Committed, StoredFileKind.Chunk, true)]
    public async Task Direct_writes_are_used_only_where_they_pay(bool wanted, Durability durability, StoredFileKind kind, bool direct)
    {
        using var disk = DiskStoreRig.Open(new StorageOptions { ReserveBytes = 0, DirectWrites = wanted, Durability = durability });
        await using var writer = await disk.Store.CreateAsync(DiskStoreRig.NewFile(kind, 1), null, default);
        Assert.Equal(direct, await MovesAsync(writer));
        Write(writer, 0, Long);
        Assert.Equal(direct ? 1 : 0, disk.Calls.Count(nameof(ISyscalls.SetDirect)));
    }

    [Fact]
    public async Task The_caller_of_a_long_write_waits_in_a_thread_of_the_store()
    {
        await using var writer = await _disk.Store.CreateAsync(NewSegment(), null, default);
        var seen = await Task.Run(async () =>
        {
            await writer.BeforeWriteAsync(1000);
            var first = Thread.CurrentThread;
            await writer.BeforeWriteAsync(Long);
            var second = Thread.CurrentThread;
            await writer.BeforeWriteAsync(Long);
            var third = Thread.CurrentThread;
            await Task.Yield();
            return (first, second, third, Thread.CurrentThread);
        });
        Assert.True(seen.first.IsThreadPoolThread);
        Assert.StartsWith("write-", seen.second.Name, StringComparison.Ordinal);
        Assert.Same(seen.second, seen.third);
        Assert.True(seen.CurrentThread.IsThreadPoolThread);
    }

    private static Task<bool> MovesAsync(IStoredFileWriter writer) => Task.Run(async () =>
    {
        await writer.BeforeWriteAsync(Long);
        return !Thread.CurrentThread.IsThreadPoolThread;
    });

    public void Dispose() => _disk.Dispose();

    private int Turns => _disk.Calls.Count(nameof(ISyscalls.SetDirect));

    private IEnumerable<(long, long)> Writes => _disk.Calls.Seen.Where(call => call.Name == nameof(ISyscalls.Pwrite))
        .Select(call => (call.Offset, call.Length));

    // The n-th byte has the same offset within a page as in its file.
    private ReadOnlySpan<byte> Bytes(int from, int length) => _memory.AsSpan(_start + from, length);

    private static StoredFile NewSegment() => DiskStoreRig.NewFile(StoredFileKind.Segment, 1);

    private void Write(IStoredFileWriter writer, int from, int length) => writer.Write(Bytes(from, length), from);

    private async Task IsThereAsync(StoredFile file, IStoredFileWriter writer, int length)
    {
        await writer.FlushAsync(true, default);
        Same(await File.ReadAllBytesAsync(_disk.PathOf(file)), length);
    }

    private void Same(byte[] stored, int length) => Assert.True(stored.AsSpan().SequenceEqual(Bytes(0, length)));
}
