using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>When a file's folder need not be flushed: only after a successful flush of it in this incarnation (E3, E5).</summary>
public sealed class DurableNamesTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();

    [Theory]
    [InlineData(StoredFileKind.Segment)]
    [InlineData(StoredFileKind.Assembly)]
    public async Task A_later_writer_flushes_its_bytes_and_not_the_folder_again(StoredFileKind kind)
    {
        var file = await FlushedAsync(kind);

        Assert.Equal((1, 0), await FlushesOfALaterWriterAsync(_disk, file));
    }

    [Fact]
    public async Task A_writer_before_any_flush_leaves_the_folder_to_the_next()
    {
        var file = DiskStoreRig.NewFile(StoredFileKind.Segment, 1);
        await (await _disk.WriteAsync(file, Bytes(10))).DisposeAsync();

        Assert.Equal((1, 1), await FlushesOfALaterWriterAsync(_disk, file));
    }

    [Fact]
    public async Task After_a_flush_of_the_folder_that_failed_a_later_writer_flushes_it()
    {
        var file = DiskStoreRig.NewFile(StoredFileKind.Segment, 1);
        await using (var writer = await _disk.WriteAsync(file, Bytes(10)))
        {
            _disk.Calls.Fail(nameof(ISyscalls.Fsync), Errno.InputOutput);
            await ThrowsAsync(StoreError.FlushFailed, () => writer.FlushAsync(final: false, None));
        }

        await HealAsync();

        Assert.Equal((1, 1), await FlushesOfALaterWriterAsync(_disk, file));
    }

    [Fact]
    public async Task After_any_failed_flush_of_the_volume_a_later_writer_flushes_the_folder()
    {
        var file = await FlushedAsync(StoredFileKind.Segment);
        await FailAFlushAsync();
        await HealAsync();

        Assert.Equal((1, 1), await FlushesOfALaterWriterAsync(_disk, file));
        Assert.Equal((1, 0), await FlushesOfALaterWriterAsync(_disk, file));
    }

    [Fact]
    public async Task A_flush_of_the_folder_does_not_count_after_another_failure_during_it()
    {
        var file = DiskStoreRig.NewFile(StoredFileKind.Segment, 1);
        await using (var writer = await _disk.WriteAsync(file, Bytes(10)))
        {
            using var held = Hold(nameof(ISyscalls.Fsync));
            var flushing = writer.FlushAsync(final: false, None);
            await held.Reached;
            await FailAFlushAsync();
            held.Dispose();
            await flushing;
        }

        await HealAsync();

        Assert.Equal((1, 1), await FlushesOfALaterWriterAsync(_disk, file));
    }

    [Fact]
    public async Task While_the_folder_is_being_flushed_another_writer_flushes_it_too()
    {
        var file = DiskStoreRig.NewFile(StoredFileKind.Segment, 1);
        await using var writer = await _disk.WriteAsync(file, Bytes(10));
        using var held = Hold(nameof(ISyscalls.Fsync));
        var flushing = writer.FlushAsync(final: false, None);
        await held.Reached;

        // The first file's data may be flushed at any time.
        Assert.Equal(1, (await FlushesOfALaterWriterAsync(_disk, file)).Folder);

        held.Dispose();
        await flushing;
    }

    [Fact]
    public async Task Another_process_flushes_the_folder_once()
    {
        var file = await FlushedAsync(StoredFileKind.Segment);
        using var next = new DiskStoreRig(folder: _disk.Folder);
        next.DiskStore.Open(DiskStoreRig.Id);

        Assert.Equal((1, 1), await FlushesOfALaterWriterAsync(next, file));
        Assert.Equal((1, 0), await FlushesOfALaterWriterAsync(next, file));
    }

    [Fact]
    public async Task The_flush_of_a_chunks_temporary_name_says_nothing_of_its_final_one()
    {
        var file = DiskStoreRig.NewChunk();
        await using (var writer = await _disk.WriteAsync(file, Bytes(10)))
            await writer.FlushAsync(final: false, None);
        await using var later = await _disk.Store.ReopenAsync(file, null, None);
        _disk.Calls.Seen.Clear();

        await later.RenameDurablyAsync(None);

        Assert.Equal((1, 1), Flushes(_disk));
    }

    [Fact]
    public void Of_files_that_share_a_slot_only_the_last_one_is_known()
    {
        var names = new DurableNames();
        var files = Enumerable.Range(0, 20_000).Select(_ => DiskStoreRig.NewFile(StoredFileKind.Segment, 1)).ToList();
        foreach (var file in files)
        {
            Assert.False(names.Has(file, 0));
            names.Add(file, 0);
            Assert.True(names.Has(file, 0));
        }

        Assert.InRange(files.Count(file => names.Has(file, 0)), 1000, 4096);
    }

    public void Dispose() => _disk.Dispose();

    private static async Task<(int Data, int Folder)> FlushesOfALaterWriterAsync(DiskStoreRig disk, StoredFile file)
    {
        await using var writer = await disk.Store.ReopenAsync(file, null, None);
        disk.Calls.Seen.Clear();
        writer.Write(Bytes(10), 10);
        await writer.FlushAsync(final: false, None);
        return Flushes(disk);
    }

    private static (int Data, int Folder) Flushes(DiskStoreRig disk) =>
        (disk.Calls.Count(nameof(ISyscalls.Fdatasync)), disk.Calls.Count(nameof(ISyscalls.Fsync)));

    private async Task<StoredFile> FlushedAsync(StoredFileKind kind)
    {
        var file = DiskStoreRig.NewFile(kind, 1);
        await using var writer = await _disk.WriteAsync(file, Bytes(10));
        await writer.FlushAsync(final: false, None);
        return file;
    }

    private async Task FailAFlushAsync()
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewChunk(), Bytes(10));
        _disk.Calls.Fail(
            nameof(ISyscalls.Fdatasync), Errno.InputOutput, path => path.EndsWith(DiskLayout.PartSuffix, StringComparison.Ordinal));
        await ThrowsAsync(StoreError.FlushFailed, () => writer.RenameDurablyAsync(None));
    }

    private async Task HealAsync()
    {
        _disk.Calls.Answer = null;
        Assert.True(await _disk.Store.ProbeAsync(None));
    }

    /// <summary>Holds the next call of that name; others pass.</summary>
    private Held Hold(string name)
    {
        var held = new Held();
        _disk.Calls.Answer = call =>
        {
            if (call.Name == name)
            {
                _disk.Calls.Answer = null;
                held.Wait();
            }

            return null;
        };
        return held;
    }

    private sealed class Held : IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new();

        public Task Reached => _reached.Task;

        public void Wait()
        {
            _reached.TrySetResult();
            _released.Task.Wait();
        }

        public void Dispose() => _released.TrySetResult();
    }
}
