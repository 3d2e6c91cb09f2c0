using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support.Storage;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>In which thread a file is flushed.</summary>
public sealed class FlushThreadTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task Whoever_may_wait_for_the_device_flushes_in_his_own_thread()
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewChunk(), new byte[10]);
        Thread? flushed = null;
        _disk.Calls.Answer = call =>
        {
            if (call.Name == nameof(ISyscalls.Fdatasync))
                flushed = Thread.CurrentThread;
            return null;
        };
        var own = await Task.Run(async () =>
        {
            await _disk.Volume.Writes.EnterAsync();
            var thread = Thread.CurrentThread;
            await writer.PublishAsync(None);
            return thread;
        });

        Assert.Same(own, flushed);
    }

    [Fact]
    public async Task A_flush_that_fails_there_poisons_the_writer_too()
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewChunk(), new byte[10]);
        _disk.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        await FailsAsync(() => Task.Run(async () =>
        {
            await _disk.Volume.Writes.EnterAsync();
            await writer.PublishAsync(None);
        }));
        _disk.Calls.Answer = null;

        await FailsAsync(() => writer.PublishAsync(None));
        Assert.NotNull(_disk.Store.Health.Degraded);
    }

    [Fact]
    public async Task A_flush_that_is_called_off_before_it_begins_is_none_there_either()
    {
        await using var writer = await _disk.WriteAsync(DiskStoreRig.NewChunk(), new byte[10]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(async () =>
        {
            await _disk.Volume.Writes.EnterAsync();
            await writer.FlushAsync(final: true, new CancellationToken(canceled: true));
        }));

        Assert.Equal(0, _disk.Calls.Count(nameof(ISyscalls.Fdatasync)));
        await writer.FlushAsync(final: true, None);
        Assert.Equal(1, _disk.Calls.Count(nameof(ISyscalls.Fdatasync)));
    }

    private static async Task FailsAsync(Func<Task> call) =>
        Assert.Equal(StoreError.FlushFailed, (await Assert.ThrowsAsync<StoreException>(call)).Error);
}
