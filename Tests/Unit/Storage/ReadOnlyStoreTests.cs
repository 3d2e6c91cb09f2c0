using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Storage.Nodes;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>The data directory of another node: it is read, never changed, and says nothing of a file but its bytes.</summary>
public sealed class ReadOnlyStoreTests : IDisposable
{
    private const int Length = 10_000;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly DiskStoreRig _owner;
    private readonly FaultySyscalls _calls = new();
    private readonly List<IDisposable> _open = [];

    public ReadOnlyStoreTests()
    {
        _owner = new DiskStoreRig(folder: _folder["owner"]);
        Directory.CreateDirectory(_owner.Folder);
        Mark(DiskStoreRig.Id);
        _owner.DiskStore.Open(DiskStoreRig.Id);
    }

    private static byte[] Bytes { get; } = [.. Enumerable.Range(0, Length).Select(n => (byte)(n * 7))];

    public void Dispose()
    {
        _open.ForEach(one => one.Dispose());
        _owner.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Ranges_and_digests_are_read()
    {
        var file = await _owner.AddChunkAsync(Bytes);
        var store = Open();
        Assert.Equal((DiskStoreRig.Id, Length), (store.Id, store.Length(file)));
        Assert.Equal((Sha256Digest.Of(Bytes), (long)Length), await store.HashFromDeviceAsync(file, 0, Length, None));
        using var hash = new OpenSslHashes().Start();
        Assert.Equal(Length, await store.ReadFromDeviceAsync(file, 0, Length, [hash], None));
        Assert.Equal(Sha256Digest.Of(Bytes), hash.Current());

        using var reader = store.OpenRead(file);
        var buffer = new byte[100];
        Assert.Equal(100, await reader.ReadAsync(buffer, 5000, None));
        Assert.Equal(Bytes[5000..5100], buffer);
        using var again = new OpenSslHashes().Start();
        Assert.Equal(Length, await reader.HashAsync(again, 0, Length, None));
        Assert.Equal(Sha256Digest.Of(Bytes), again.Current());
        Assert.Equal(Length, reader.Length);
        Assert.False(reader is ISendingReader or IUncachedReader);
    }

    [Fact]
    public async Task A_missing_file_is_unreachable()
    {
        var file = await _owner.AddChunkAsync(Bytes);
        var store = Open();
        using var open = store.OpenRead(file);
        _owner.Store.Delete(file);
        await AssertUnreachableAsync(store, file);
        // What was opened before can be read to its end.
        Assert.Equal(Length, await open.ReadAsync(new byte[Length], 0, None));
    }

    [Fact]
    public async Task A_short_file_is_unreachable()
    {
        var file = await _owner.AddChunkAsync(Bytes[..100]);
        var store = Open();
        Assert.Equal(100, store.Length(file));
        await FailsAsync(() => store.HashFromDeviceAsync(file, 0, Length, None));
        await FailsAsync(() => store.ReadFromDeviceAsync(file, 0, Length, [], None));
        using var reader = store.OpenRead(file);
        await FailsAsync(() => reader.ReadAsync(new byte[10], 100, None).AsTask());
        using var hash = new OpenSslHashes().Start();
        await FailsAsync(() => reader.HashAsync(hash, 0, Length, None));
    }

    [Fact]
    public async Task A_failing_device_is_unreachable()
    {
        var file = await _owner.AddChunkAsync(Bytes);
        var store = Open();
        _calls.Fail(nameof(ISyscalls.OpenAt), Errno.InputOutput);
        await AssertUnreachableAsync(store, file);
    }

    [Fact]
    public async Task A_process_without_descriptors_says_so()
    {
        var file = await _owner.AddChunkAsync(Bytes);
        var store = Open();
        _calls.Fail(nameof(ISyscalls.OpenAt), Errno.TooManyOpen);
        Assert.Equal(StoreError.Exhausted, Assert.Throws<StoreException>(() => store.OpenRead(file)).Error);
    }

    [Fact]
    public void The_folder_of_another_store_is_not_opened()
    {
        Mark(Guid.NewGuid());
        Assert.Equal(StoreError.Unreachable, Assert.Throws<StoreException>(Open).Error);
    }

    [Fact]
    public void Nothing_is_created_in_an_empty_folder()
    {
        var empty = _folder["empty"];
        Directory.CreateDirectory(empty);
        File.WriteAllBytes(
            Path.Combine(empty, StoreMarker.FileName), File.ReadAllBytes(Path.Combine(_owner.Folder, StoreMarker.FileName)));
        Assert.Throws<StoreException>(() => Open(empty));
        Assert.Single(Directory.EnumerateFileSystemEntries(empty));
    }

    private static async Task AssertUnreachableAsync(IReadableStore store, StoredFile file)
    {
        Assert.Equal(StoreError.Unreachable, Assert.Throws<StoreException>(() => store.OpenRead(file)).Error);
        Assert.Equal(StoreError.Unreachable, Assert.Throws<StoreException>(() => store.Length(file)).Error);
        await FailsAsync(() => store.HashFromDeviceAsync(file, 0, Length, None));
        await FailsAsync(() => store.ReadFromDeviceAsync(file, 0, Length, [], None));
    }

    private static async Task FailsAsync(Func<Task> read) =>
        Assert.Equal(StoreError.Unreachable, (await Assert.ThrowsAsync<StoreException>(read)).Error);

    private void Mark(Guid id) => File.WriteAllText(
        Path.Combine(_owner.Folder, StoreMarker.FileName),
        $$"""{ "id": "{{id}}", "createdAt": "2026-01-01T00:00:00Z", "formatVersion": 1 }""");

    private IReadableStore Open() => Open(_owner.Folder);

    private IReadableStore Open(string folder)
    {
        var disk = new DiskStore(
            folder, _calls, new StorageOptions(), _owner.Time, ActivatorUtilities.CreateInstance<DiskMetrics>(_owner.Metrics),
            NullLogger<DiskStore>.Instance);
        try
        {
            var opened = new NodeFolder(disk, DiskStoreRig.Id, _owner.Time, NullLogger<DiskChunkStore>.Instance);
            _open.Add(opened);
            return opened.Store;
        }
        catch (StoreException)
        {
            disk.Dispose();
            throw;
        }
    }
}
