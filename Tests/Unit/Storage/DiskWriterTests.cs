using System.Diagnostics.Metrics;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.DependencyInjection;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>The order of write, flush and rename, and the state of a writer after one of them fails (E3, E5, E17).</summary>
public sealed class DiskWriterTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();

    [Fact]
    public async Task Renames_after_the_data_and_before_the_folder()
    {
        var file = DiskStoreRig.NewChunk();
        await using var writer = await _disk.WriteAsync(file, Bytes(1000));
        _disk.Calls.Seen.Clear();

        await writer.RenameDurablyAsync(None);

        var order = _disk.Calls.Seen.Where(
            call => call.Name is nameof(ISyscalls.Fdatasync) or nameof(ISyscalls.RenameNoReplace) or nameof(ISyscalls.Fsync)).ToList();
        Assert.Equal(
            [nameof(ISyscalls.Fdatasync), nameof(ISyscalls.RenameNoReplace), nameof(ISyscalls.Fsync)], order.Select(call => call.Name));
        Assert.Equal(DiskLayout.PartName(file), order[0].Path);
        Assert.Equal(DiskLayout.Shard(DiskLayout.ShardNumber(file)), order[2].Path);
    }

    [Fact]
    public async Task The_first_flush_covers_the_folder_and_later_ones_do_not()
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewFile(StoredFileKind.Segment, 1), Bytes(10));
        _disk.Calls.Seen.Clear();

        await writer.FlushAsync(final: false, None);
        Assert.Equal((1, 1), (_disk.Calls.Count(nameof(ISyscalls.Fdatasync)), _disk.Calls.Count(nameof(ISyscalls.Fsync))));

        writer.Write(Bytes(10), 10);
        await writer.FlushAsync(final: false, None);
        Assert.Equal((2, 1), (_disk.Calls.Count(nameof(ISyscalls.Fdatasync)), _disk.Calls.Count(nameof(ISyscalls.Fsync))));
    }

    [Fact]
    public async Task A_reopened_file_is_flushed_even_when_nothing_was_written_to_it()
    {
        // Its bytes may be in memory only, because an earlier writer may have died before its flush.
        var file = await _disk.AddChunkAsync(Bytes(10));
        await using var writer = await _disk.Store.ReopenAsync(file, null, None);
        _disk.Calls.Seen.Clear();

        await writer.FlushAsync(final: false, None);

        Assert.Equal((1, 1), (_disk.Calls.Count(nameof(ISyscalls.Fdatasync)), _disk.Calls.Count(nameof(ISyscalls.Fsync))));
    }

    [Fact]
    public async Task A_failed_flush_poisons_the_writer_for_good()
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewChunk(), Bytes(10));
        _disk.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        await ThrowsAsync(StoreError.FlushFailed, () => writer.FlushAsync(final: false, None));
        _disk.Calls.Answer = null;
        Assert.True(await _disk.Store.ProbeAsync(None));
        _disk.Calls.Seen.Clear();

        // The kernel would report success now, because the pages count as clean.
        await ThrowsAsync(StoreError.FlushFailed, () => writer.FlushAsync(final: true, None));
        await ThrowsAsync(StoreError.FlushFailed, () => writer.RenameDurablyAsync(None));
        Throws(StoreError.FlushFailed, () => writer.Write(Bytes(1), 0));
        Throws(StoreError.FlushFailed, () => writer.CopyFrom(DiskStoreRig.NewChunk(), 0, 1, 0, None));
        Assert.Empty(_disk.Calls.Seen);
    }

    [Theory]
    [InlineData(Errno.InputOutput)]
    [InlineData(Errno.NoSpace)]
    [InlineData(Errno.Quota)]
    public async Task Any_failing_flush_is_a_failed_flush(int errno)
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewChunk(), Bytes(10));
        _disk.Calls.Fail(nameof(ISyscalls.Fdatasync), errno);

        await ThrowsAsync(StoreError.FlushFailed, () => writer.RenameDurablyAsync(None));

        Assert.NotNull(_disk.Store.Health.Degraded);
        Assert.Equal(0, _disk.Calls.Count(nameof(ISyscalls.RenameNoReplace)));
    }

    [Fact]
    public async Task A_failed_flush_of_the_folder_poisons_too()
    {
        var file = DiskStoreRig.NewChunk();
        await using var writer = await _disk.WriteAsync(file, Bytes(10));
        _disk.Calls.Fail(nameof(ISyscalls.Fsync), Errno.InputOutput);

        await ThrowsAsync(StoreError.FlushFailed, () => writer.RenameDurablyAsync(None));
        _disk.Calls.Answer = null;

        await ThrowsAsync(StoreError.FlushFailed, () => writer.RenameDurablyAsync(None));
        Assert.NotNull(_disk.Store.Health.Degraded);
    }

    [Fact]
    public async Task A_folder_that_no_descriptor_was_left_to_open_does_not_hide_a_failed_flush()
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewFile(StoredFileKind.Segment, 1), Bytes(10));
        _disk.Calls.Answer = call =>
        {
            if (call.Name == nameof(ISyscalls.OpenAt))
                return -Errno.TooManyOpen;
            if (call.Name != nameof(ISyscalls.Fdatasync))
                return null;
            // The folder's failure is the first of the two.
            Assert.True(SpinWait.SpinUntil(() => Refuses(writer), TimeSpan.FromSeconds(30)));
            return -Errno.InputOutput;
        };

        await ThrowsAsync(StoreError.FlushFailed, () => writer.FlushAsync(final: true, None));

        Assert.NotNull(_disk.Store.Health.Degraded);

        static bool Refuses(IStoredFileWriter writer)
        {
            try
            {
                writer.Write([], 0);
                return false;
            }
            catch (StoreException)
            {
                return true;
            }
        }
    }

    [Fact]
    public async Task A_cancelled_flush_does_not_hide_a_failed_flush_of_the_folder()
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewFile(StoredFileKind.Segment, 1), Bytes(10));
        _disk.Calls.Fail(nameof(ISyscalls.Fsync), Errno.InputOutput);

        await ThrowsAsync(StoreError.FlushFailed, () => writer.FlushAsync(final: true, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_full_disk_refuses_the_write_and_nothing_else()
    {
        var file = DiskStoreRig.NewChunk();
        await using var writer = await _disk.WriteAsync(file, Bytes(100));
        _disk.Calls.Fail(nameof(ISyscalls.Pwrite), Errno.NoSpace);
        Throws(StoreError.NoSpace, () => writer.Write(Bytes(100), 100));
        Assert.Null(_disk.Store.Health.Degraded);

        // The earlier content is kept, and writing continues when there is space.
        await writer.FlushAsync(final: false, None);
        _disk.Calls.Answer = null;
        writer.Write(Bytes(200).AsSpan(100), 100);
        await writer.RenameDurablyAsync(None);
        Assert.Equal(Bytes(200)[100..], (await _disk.Store.ReadAsync(file))[100..]);
    }

    [Theory]
    [InlineData(Errno.InputOutput)]
    [InlineData(Errno.ReadOnlyFileSystem)]
    public async Task A_device_error_at_a_write_degrades_the_store(int errno)
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewChunk(), Bytes(100));
        _disk.Calls.Fail(nameof(ISyscalls.Pwrite), errno);

        Throws(StoreError.Io, () => writer.Write(Bytes(100), 100));

        Assert.NotNull(_disk.Store.Health.Degraded);
    }

    [Fact]
    public async Task Short_writes_are_finished()
    {
        var file = DiskStoreRig.NewChunk();
        await using (var writer = await _disk.Store.CreateAsync(file, null, None))
        {
            _disk.Calls.Answer = call => call.Name == nameof(ISyscalls.Pwrite) && call.Length > 700 ? 700 : null;
            writer.Write(Bytes(5000), 0);
            await writer.RenameDurablyAsync(None);
        }

        Assert.Equal(Bytes(5000), await _disk.Store.ReadAsync(file));
    }

    [Fact]
    public async Task Renaming_replaces_nothing()
    {
        // Two processes race for one name, at the worst moment: the other's file appears just before the rename.
        var file = DiskStoreRig.NewChunk();
        await using var writer = await _disk.WriteAsync(file, Bytes(10));
        await File.WriteAllBytesAsync(_disk.PathOf(file), Bytes(20, seed: 2));

        await ThrowsAsync(StoreError.Io, () => writer.RenameDurablyAsync(None));

        Assert.Equal(Bytes(20, seed: 2), await File.ReadAllBytesAsync(_disk.PathOf(file)));
        Assert.Equal(Bytes(10), await File.ReadAllBytesAsync(_disk.PathOf(file, temporary: true)));
    }

    [Fact]
    public async Task Racing_renames_have_one_winner()
    {
        using var other = new DiskStoreRig(folder: _disk.Folder);
        other.DiskStore.Open(DiskStoreRig.Id);
        for (var round = 0; round < 50; round++)
        {
            var file = DiskStoreRig.NewChunk();
            await using var mine = await _disk.WriteAsync(file, Bytes(1000));
            // Both have the same temporary name: the second rename finds no source or an existing target, and never replaces it.
            await using var theirs = await other.Store.ReopenAsync(file, null, None);
            using var start = new Barrier(2);

            var outcomes = await Task.WhenAll(Rename(mine), Rename(theirs));

            Assert.Single(outcomes, won => won);
            Assert.Equal(Bytes(1000), await _disk.Store.ReadAsync(file));

            Task<bool> Rename(IStoredFileWriter writer) => Task.Run(async () =>
            {
                start.SignalAndWait();
                try
                {
                    await writer.RenameDurablyAsync(None);
                    return true;
                }
                catch (StoreException e) when (e.Error == StoreError.Missing)
                {
                    return false;
                }
            });
        }
    }

    [Fact]
    public async Task Preallocates_without_growing()
    {
        var file = DiskStoreRig.NewFile(StoredFileKind.Segment, 1);
        await using var writer = await _disk.Store.CreateAsync(file, 1 << 20, None);
        writer.Write(Bytes(10), 0);

        using var reader = _disk.DiskStore.OpenFile(file, OpenFlags.ReadOnly).Handle;
        var stat = PosixFile.Stat(_disk.Calls, reader, "");
        Assert.Equal(10ul, stat.Size);
        Assert.True(stat.Blocks * 512 >= 1 << 20);
    }

    [Fact]
    public async Task Failed_preallocation_leaves_no_file()
    {
        _disk.Calls.Fail(nameof(ISyscalls.Preallocate), Errno.NoSpace);

        await ThrowsAsync(StoreError.NoSpace, () => _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1000, None));

        Assert.Empty(_disk.Store.Enumerate(None));
        Assert.Null(_disk.Store.Health.Degraded);
    }

    [Fact]
    public async Task Works_where_nothing_can_be_preallocated()
    {
        _disk.Calls.Fail(nameof(ISyscalls.Preallocate), Errno.NotSupported);

        var file = await _disk.AddChunkAsync(Bytes(1000));

        Assert.Equal(Bytes(1000), await _disk.Store.ReadAsync(file));
    }

    [Fact]
    public async Task A_name_in_use_is_left_alone()
    {
        var file = DiskStoreRig.NewChunk();
        await (await _disk.WriteAsync(file, Bytes(10))).DisposeAsync();

        await ThrowsAsync(StoreError.Io, () => _disk.Store.CreateAsync(file, 10, None));

        Assert.Equal(Bytes(10), await _disk.Store.ReadAsync(file));
    }

    [Fact]
    public async Task Relaxed_flushes_at_the_end_only()
    {
        using var relaxed = DiskStoreRig.Open(new StorageOptions { ReserveBytes = 0, Durability = Durability.Relaxed });
        var file = DiskStoreRig.NewChunk();
        relaxed.Calls.Seen.Clear();
        await using (var writer = await relaxed.WriteAsync(file, Bytes(10)))
        {
            await writer.FlushAsync(final: false, None);
            await writer.RenameDurablyAsync(None);
        }

        Assert.Equal(0, relaxed.Calls.Count(nameof(ISyscalls.Fdatasync)) + relaxed.Calls.Count(nameof(ISyscalls.Fsync)));

        await using (var writer = await relaxed.Store.ReopenAsync(file, null, None))
            await writer.FlushAsync(final: true, None);

        Assert.Equal((1, 1), (relaxed.Calls.Count(nameof(ISyscalls.Fdatasync)), relaxed.Calls.Count(nameof(ISyscalls.Fsync))));
    }

    [Fact]
    public async Task Writers_that_wait_for_a_folder_share_its_flush()
    {
        // Three chunks of one folder: the first flush is held at the device; the two that come meanwhile share one more.
        using var held = new ManualResetEventSlim();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var flushes = new DirectoryFlushes();
        using var threads = new IoThreads("test", 1);
        var count = 0;
        Task Flush() => flushes.Share((StoredFileKind.Chunk, 1), threads, () =>
        {
            Interlocked.Increment(ref count);
            reached.TrySetResult();
            held.Wait();
        });

        var first = Flush();
        await reached.Task;
        var second = Flush();
        var third = Flush();
        held.Set();
        await Task.WhenAll(first, second, third);

        Assert.Equal(2, count);
        Assert.NotSame(first, second);
        Assert.Same(second, third);
    }

    [Fact]
    public async Task Flushes_are_measured()
    {
        var meter = _disk.Metrics.GetRequiredService<IMeterFactory>();
        var durations = new List<double>();
        long failures = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meter && instrument.Name.StartsWith("chunkupload.fsync", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => durations.Add(value));
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => failures += value);
        listener.Start();
        await _disk.AddChunkAsync(Bytes(10));
        Assert.Equal(2, durations.Count);

        _disk.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        await ThrowsAsync(StoreError.FlushFailed, () => _disk.AddChunkAsync(Bytes(10)));

        Assert.Equal(3, durations.Count);
        Assert.Equal(1, failures);
    }

    public void Dispose() => _disk.Dispose();
}
