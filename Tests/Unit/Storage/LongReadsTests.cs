using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>Hashing of an open file, past the page cache for long ranges.</summary>
public sealed class LongReadsTests : IDisposable
{
    private const int Size = (3 << 20) + 4321, Half = 1 << 20;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();
    private readonly OpenSslHashes _hashes = new();
    private readonly byte[] _bytes = Bytes(Size);

    [Fact]
    public async Task A_long_range_comes_past_the_page_cache_in_whole_pages()
    {
        var file = await _disk.AddChunkAsync(_bytes);

        await ExpectAsync(file, 100, Size - 200, direct: true);

        Assert.Equal([1, 0], Turns);
        Assert.All(Reads, read => Assert.True(read.Offset % 4096 == 0 && read.Length % 4096 == 0, $"{read}"));
    }

    [Theory]
    [InlineData((128 << 10) - 1, true)]
    [InlineData(128 << 10, false)]
    public async Task Short_or_unwanted_runs_use_the_page_cache(int length, bool wanted)
    {
        var file = await _disk.AddChunkAsync(_bytes);
        _disk.DiskStore.WritesDirectly = wanted;

        await ExpectAsync(file, 5, length, direct: false);
    }

    [Fact]
    public async Task Any_range_is_hashed_whole()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        var random = new Random(5);
        for (var turn = 0; turn < 30; turn++)
        {
            var offset = random.Next(3) == 0 ? 4096 * random.Next(0, 200) : random.Next(0, Size - 1);
            var length = random.Next(3) == 0 ? Size - offset : random.Next(1, Size - offset + 1);
            await ExpectAsync(file, offset, length, direct: length >= 128 << 10);
        }
    }

    [Fact]
    public async Task Bytes_that_only_the_page_cache_holds_are_seen()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        await ExpectAsync(file, 0, Size, direct: true);
        // Cached and clean, then cached and dirty.
        _ = await File.ReadAllBytesAsync(_disk.PathOf(file));
        var other = Bytes(Size, seed: 2);
        using var handle = File.OpenHandle(_disk.PathOf(file), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        for (var turn = 0; turn < 20; turn++)
        {
            var at = turn * 150_001;
            RandomAccess.Write(handle, other.AsSpan(at, 1000), at);
            other.AsSpan(at, 1000).CopyTo(_bytes.AsSpan(at));
            await ExpectAsync(file, 0, Size, direct: true);
        }
    }

    [Theory]
    [InlineData(nameof(ISyscalls.SetDirect), 0)]
    [InlineData(nameof(ISyscalls.Pread), 0)]
    [InlineData(nameof(ISyscalls.Pread), Half)]
    public async Task A_file_system_without_direct_reads_is_read_through_the_page_cache(string call, int at)
    {
        var file = await _disk.AddChunkAsync(_bytes);
        var refused = 0;
        _disk.Calls.Answer = made => made.Name == call && made.Offset == at && refused++ == 0 ? -Errno.Invalid : null;

        await ExpectAsync(file, 0, Size, direct: null);

        Assert.True(refused > 0);
    }

    [Fact]
    public async Task A_short_read_is_continued()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        using var reader = _disk.Store.OpenRead(file);
        using var hash = _hashes.Start();
        // The call is not made, so the memory still holds the first part: only the length matters.
        var asked = 0;
        _disk.Calls.Answer = call => call is { Name: nameof(ISyscalls.Pread), Offset: Half } && asked++ == 0 ? 5000 : null;

        Assert.Equal(Size, await reader.HashAsync(hash, 0, Size, None));

        Assert.Equal([0, Half, Half + 4096, (2 * Half) + 4096, (3 * Half) + 4096], Reads.Select(read => read.Offset));
    }

    [Theory]
    [InlineData(0, Size + 1, Size)]
    [InlineData(Size - 10, 1 << 20, 10)]
    [InlineData(Size, 1 << 20, 0)]
    [InlineData(2 * Size, 10, 0)]
    public async Task Says_how_much_was_there(long offset, long length, long there)
    {
        var file = await _disk.AddChunkAsync(_bytes);
        using var reader = _disk.Store.OpenRead(file);
        using var hash = _hashes.Start();

        Assert.Equal(there, await reader.HashAsync(hash, offset, length, None));

        Assert.Equal(Sha256Digest.Of(_bytes.AsSpan((int)Math.Min(offset, Size), (int)there)), hash.Current());
    }

    [Fact]
    public async Task An_error_is_the_device_s()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        using var reader = _disk.Store.OpenRead(file);
        using var hash = _hashes.Start();
        _disk.Calls.Answer = call => call is { Name: nameof(ISyscalls.Pread), Offset: Half } ? -Errno.InputOutput : null;

        await ThrowsAsync(StoreError.Io, () => reader.HashAsync(hash, 0, Size, None));
    }

    [Fact]
    public async Task Continues_when_the_file_has_lost_its_name()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        using var reader = _disk.Store.OpenRead(file);
        _disk.Store.Delete(file);
        using var hash = _hashes.Start();

        Assert.Equal(Size, await reader.HashAsync(hash, 0, Size, None));

        Assert.Equal(Sha256Digest.Of(_bytes), hash.Current());
    }

    [Fact]
    public async Task Cancelled_reader_waits_for_the_read_that_uses_its_memory()
    {
        var file = await _disk.AddChunkAsync(_bytes);
        _disk.Calls.Seen.Clear();
        using var reader = _disk.Store.OpenRead(file);
        using var hash = _hashes.Start();
        using var stop = new CancellationTokenSource();
        using var gate = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _disk.Calls.Answer = call =>
        {
            if (call is { Name: nameof(ISyscalls.Pread), Offset: Half })
            {
                begun.SetResult();
                gate.Wait();
            }

            return null;
        };

        var hashing = reader.HashAsync(hash, 0, Size, stop.Token);
        await begun.Task;
        await stop.CancelAsync();
        Assert.False(hashing.IsCompleted);
        gate.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hashing);
        Assert.Equal([1, 0], Turns);
    }

    public void Dispose() => _disk.Dispose();

    private IEnumerable<long> Turns => _disk.Calls.Seen.Where(call => call.Name == nameof(ISyscalls.SetDirect)).Select(call => call.Length);

    private IEnumerable<Syscall> Reads => _disk.Calls.Seen.Where(call => call.Name == nameof(ISyscalls.Pread));

    private async Task ExpectAsync(StoredFile file, int offset, int length, bool? direct)
    {
        _disk.Calls.Seen.Clear();
        using var reader = _disk.Store.OpenRead(file);
        using var hash = _hashes.Start();
        Assert.Equal(length, await reader.HashAsync(hash, offset, length, None));
        Assert.Equal(Sha256Digest.Of(_bytes.AsSpan(offset, length)), hash.Current());
        if (direct is { } expected)
            Assert.Equal(expected ? 2 : 0, Turns.Count());
    }
}
