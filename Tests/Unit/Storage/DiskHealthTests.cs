using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>From a failed flush to the probe that passes (E5).</summary>
public sealed class DiskHealthTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();

    [Fact]
    public async Task A_degraded_store_reads_and_deletes_and_accepts_no_writes()
    {
        var kept = await _disk.AddChunkAsync(Bytes(1000));
        var gone = await _disk.AddChunkAsync(Bytes(10));
        await using var open = await _disk.WriteAsync(DiskStoreRig.NewChunk(), Bytes(10));
        await DegradeAsync();

        Assert.Equal(Bytes(1000), await _disk.Store.ReadAsync(kept));
        Assert.Equal(Sha256Digest.Of(Bytes(1000)), (await _disk.Store.HashFromDeviceAsync(kept, 0, 1000, None)).Digest);
        _disk.Store.Delete(gone);
        Assert.Null(_disk.Store.Length(gone));
        await ThrowsAsync(StoreError.Degraded, () => _disk.Store.CreateAsync(DiskStoreRig.NewChunk(), 1, None));
        await ThrowsAsync(StoreError.Degraded, () => _disk.Store.ReopenAsync(kept, null, None));
        Throws(StoreError.Degraded, () => open.Write(Bytes(1), 0));
        Throws(StoreError.Degraded, () => open.CopyFrom(kept, 0, 1, 0, None));
        await ThrowsAsync(StoreError.Degraded, () => open.FlushAsync(final: true, None));
        await ThrowsAsync(StoreError.Degraded, () => open.RenameDurablyAsync(None));
    }

    [Fact]
    public async Task A_writer_whose_own_flush_did_not_fail_continues_after_the_probe()
    {
        var file = DiskStoreRig.NewChunk();
        await using var open = await _disk.WriteAsync(file, Bytes(10));
        await DegradeAsync();

        Assert.True(await _disk.Store.ProbeAsync(None));

        Assert.Null(_disk.Store.Health.Degraded);
        await open.RenameDurablyAsync(None);
        Assert.Equal(Bytes(10), await _disk.Store.ReadAsync(file));
    }

    [Theory]
    [InlineData(nameof(ISyscalls.OpenAt), Errno.ReadOnlyFileSystem)]
    [InlineData(nameof(ISyscalls.Pwrite), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.Fdatasync), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.RenameNoReplace), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.Fsync), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.Pread), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.Pwrite), Errno.NoSpace)]
    public async Task A_probe_that_fails_anywhere_heals_nothing(string call, int errno)
    {
        await DegradeAsync();
        _disk.Calls.Fail(call, errno);

        Assert.False(await _disk.Store.ProbeAsync(None));

        Assert.NotNull(_disk.Store.Health.Degraded);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_disk.Folder, DiskLayout.Files)));
    }

    [Theory]
    [InlineData(nameof(ISyscalls.Fdatasync))]
    [InlineData(nameof(ISyscalls.Fsync))]
    public async Task A_probe_flushes_no_descriptor_whose_flush_has_failed_in_an_earlier_one(string call)
    {
        await DegradeAsync();
        _disk.Calls.Fail(call, Errno.InputOutput);
        Assert.False(await _disk.Store.ProbeAsync(None));
        _disk.Calls.Answer = null;

        Assert.True(await _disk.Store.ProbeAsync(None));

        Assert.Empty(_disk.Calls.FlushedAgain);
    }

    [Fact]
    public async Task A_probe_that_reads_back_something_else_heals_nothing()
    {
        await DegradeAsync();
        _disk.Calls.Answer = call => call.Name == nameof(ISyscalls.Pread) ? call.Length : null;

        Assert.False(await _disk.Store.ProbeAsync(None));
    }

    [Fact]
    public async Task A_failing_probe_degrades_a_store_that_seemed_well()
    {
        _disk.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);

        Assert.False(await _disk.Store.ProbeAsync(None));

        Assert.NotNull(_disk.Store.Health.Degraded);
    }

    [Fact]
    public async Task A_failure_during_the_probe_is_not_healed_by_it()
    {
        await DegradeAsync();
        _disk.Calls.Answer = call =>
        {
            // Another file's flush fails between the probe's two flushes.
            if (call.Name == nameof(ISyscalls.RenameNoReplace))
                _disk.DiskStore.Health.Degrade("Another flush failed.");
            return null;
        };

        Assert.False(await _disk.Store.ProbeAsync(None));
        Assert.NotNull(_disk.Store.Health.Degraded);

        _disk.Calls.Answer = null;
        Assert.True(await _disk.Store.ProbeAsync(None));
    }

    [Fact]
    public async Task The_loop_probes_until_one_passes()
    {
        const int healed = 3003;
        using var stop = new CancellationTokenSource();
        await DegradeAsync();
        var probes = 0;
        _disk.Calls.Answer = call => call.Name == nameof(ISyscalls.Fdatasync) && ++probes < 3 ? -Errno.InputOutput : null;
        var loop = new StoreProbeLoop(_disk.Store, _disk.DiskStore, _disk.Time, NullLogger<StoreProbeLoop>.Instance).RunAsync(stop.Token);

        for (var probe = 0; probe < 3; probe++)
        {
            Assert.False(_disk.Log.WasLogged(healed));
            await _disk.Time.PassAsync(StoreProbeLoop.Interval);
        }

        await _disk.Log.Logged(healed);
        Assert.Null(_disk.Store.Health.Degraded);
        Assert.Equal(3, probes);
        await stop.CancelAsync();
        await loop;
    }

    [Fact]
    public async Task The_loop_does_not_probe_what_another_probe_has_healed()
    {
        using var stop = new CancellationTokenSource();
        await DegradeAsync();
        var loop = new StoreProbeLoop(_disk.Store, _disk.DiskStore, _disk.Time, NullLogger<StoreProbeLoop>.Instance).RunAsync(stop.Token);
        await _disk.Time.WaitForTimerAsync(StoreProbeLoop.Interval);
        Assert.True(await _disk.Store.ProbeAsync(None));
        _disk.Calls.Seen.Clear();

        _disk.Time.Advance(StoreProbeLoop.Interval);
        await DegradeAsync();
        await _disk.Time.WaitForTimerAsync(StoreProbeLoop.Interval);

        Assert.DoesNotContain(_disk.Calls.Seen, call => call.Path.StartsWith("probe-", StringComparison.Ordinal));
        await stop.CancelAsync();
        await loop;
    }

    [Fact]
    public async Task The_loop_leaves_a_healthy_volume_alone()
    {
        using var stop = new CancellationTokenSource();
        _disk.Calls.Seen.Clear();
        var loop = new StoreProbeLoop(_disk.Store, _disk.DiskStore, _disk.Time, NullLogger<StoreProbeLoop>.Instance).RunAsync(stop.Token);

        _disk.Time.Advance(TimeSpan.FromHours(1));
        await stop.CancelAsync();
        await loop;

        Assert.Empty(_disk.Calls.Seen);
    }

    public void Dispose() => _disk.Dispose();

    private async Task DegradeAsync()
    {
        await using (var writer = await _disk.WriteAsync(DiskStoreRig.NewChunk(), Bytes(10)))
        {
            _disk.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
            await ThrowsAsync(StoreError.FlushFailed, () => writer.RenameDurablyAsync(None));
        }

        _disk.Calls.Answer = null;
        Assert.NotNull(_disk.Store.Health.Degraded);
    }
}
