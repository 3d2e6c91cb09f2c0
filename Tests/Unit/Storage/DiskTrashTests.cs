using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

public sealed class DiskTrashTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DiskStoreRig _disk = DiskStoreRig.Open();

    private string Folder => Path.Combine(_disk.Folder, DiskLayout.Trash);

    [Fact]
    public async Task Keeps_the_bytes_under_a_name_that_says_when_and_what()
    {
        var file = await _disk.AddChunkAsync(Bytes(100));

        _disk.Store.Trash(file);

        var kept = Assert.Single(Directory.GetFiles(Folder));
        Assert.Equal($"20260101T000000Z-chunks-{DiskLayout.Name(file)}", Path.GetFileName(kept));
        Assert.Equal(Bytes(100), await File.ReadAllBytesAsync(kept));
    }

    [Fact]
    public async Task Is_emptied_by_age()
    {
        _disk.Store.Trash(await _disk.AddChunkAsync(Bytes(100)));
        _disk.Time.Advance(TimeSpan.FromDays(1));
        _disk.Store.Trash(await _disk.AddChunkAsync(Bytes(20)));

        Assert.Equal((0, 0L), _disk.Store.EmptyTrash(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1), None));
        Assert.Equal((1, 100L), _disk.Store.EmptyTrash(TimeSpan.FromDays(1), None));
        _disk.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal((1, 20L), _disk.Store.EmptyTrash(TimeSpan.FromDays(1), None));
    }

    [Fact]
    public async Task Is_emptied_together_with_files_whose_creation_failed_and_that_could_not_be_unlinked()
    {
        _disk.Calls.Answer = call => call.Name switch
        {
            nameof(ISyscalls.Preallocate) => -Errno.NoSpace,
            nameof(ISyscalls.UnlinkAt) => -Errno.InputOutput,
            _ => null,
        };
        var failure = await Assert.ThrowsAsync<StoreException>(
            () => _disk.Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Chunk, 1), 100, None));
        Assert.Equal(StoreError.NoSpace, failure.Error);
        _disk.Calls.Answer = null;
        Assert.Single(_disk.Store.Enumerate(None));

        _disk.Store.EmptyTrash(TimeSpan.Zero, None);

        Assert.Empty(_disk.Store.Enumerate(None));
    }

    [Fact]
    public void Leaves_foreign_files_alone()
    {
        foreach (var name in new[] { "notes", "20260101T000000Z", "20269901T000000Z-chunks-x",
            "yesterday-chunks-1-00112233445566778899aabbccddeeff" })
            File.WriteAllText(Path.Combine(Folder, name), "");

        Assert.Equal((0, 0L), _disk.Store.EmptyTrash(TimeSpan.Zero, None));
        Assert.Equal(4, Directory.GetFiles(Folder).Length);
    }

    [Fact]
    public async Task A_reader_continues_with_a_deleted_file()
    {
        var file = await _disk.AddChunkAsync(Bytes(1000));
        using var reader = _disk.Store.OpenRead(file);

        _disk.Store.Trash(file);

        var read = new byte[1000];
        Assert.Equal(1000, await reader.ReadAsync(read, 0, None));
        Assert.Equal(Bytes(1000), read);
        Throws(StoreError.Missing, () => _disk.Store.OpenRead(file));
    }

    public void Dispose() => _disk.Dispose();
}
