using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>The start proves that the store accepts writes (E30).</summary>
public sealed class DiskStoreStartTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = new();
    private readonly DataDirectory _data;
    private readonly DiskStoreStart _start;

    public DiskStoreStartTests()
    {
        var loop = new StoreProbeLoop(_disk.Store, _disk.DiskStore, _disk.Time, NullLogger<StoreProbeLoop>.Instance);
        _data = new DataDirectory(new DataOptions { Directory = _disk.Folder }, _disk.Time);
        // The rig's files are of this store.
        File.WriteAllText(
            Path.Combine(_disk.Folder, StoreMarker.FileName),
            $$"""{ "id": "{{DiskStoreRig.Id}}", "createdAt": "2026-05-01T12:00:00Z", "formatVersion": 1 }""");
        _data.Open();
        _start = new DiskStoreStart(
            _disk.DiskStore, _data, loop, ActivatorUtilities.CreateInstance<DiskMetrics>(_disk.Metrics), _disk.Log);
    }

    [Fact]
    public async Task A_good_volume_starts_and_stops()
    {
        await _start.StartAsync(None);

        Assert.Equal(Bytes(10), await _disk.Store.ReadAsync(await _disk.AddChunkAsync(Bytes(10))));
        await _start.StopAsync(None);
    }

    [Theory]
    [InlineData(nameof(ISyscalls.Fdatasync), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.Pwrite), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.RenameNoReplace), Errno.Invalid)]
    [InlineData(nameof(ISyscalls.RenameNoReplace), Errno.NoSuchCall)]
    public async Task A_volume_that_fails_the_probe_refuses_the_start(string call, int errno)
    {
        _disk.Calls.Fail(call, errno);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => _start.StartAsync(None));

        Assert.Contains("does not take writes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_starts_so_that_files_can_be_deleted()
    {
        _disk.Calls.Fail(nameof(ISyscalls.Pwrite), Errno.NoSpace);

        await _start.StartAsync(None);

        Assert.Null(_disk.Store.Health.Degraded);
        _disk.Store.Delete(DiskStoreRig.NewChunk());
        await _start.StopAsync(None);
    }

    [Fact]
    public async Task Leftover_of_a_probe_is_removed()
    {
        _disk.DiskStore.Open(DiskStoreRig.Id);
        var left = Path.Combine(_disk.Folder, DiskLayout.Files, "probe-0123");
        await File.WriteAllTextAsync(left, "");
        using var again = new DiskStoreRig(folder: _disk.Folder);
        again.DiskStore.Open(DiskStoreRig.Id);

        StoreProbe.Clean(again.DiskStore);

        Assert.False(File.Exists(left));
    }

    [Fact]
    public async Task Service_watches_its_volume_until_it_stops()
    {
        const int healed = 3003;
        await _start.StartAsync(None);
        _disk.DiskStore.Health.Degrade("A test said so.");
        await _disk.Time.PassAsync(StoreProbeLoop.Interval);

        await _disk.Log.Logged(healed);
        Assert.Null(_disk.Store.Health.Degraded);
        await _start.StopAsync(None);
    }

    public void Dispose()
    {
        _start.Dispose();
        _data.Dispose();
        _disk.Dispose();
    }
}
