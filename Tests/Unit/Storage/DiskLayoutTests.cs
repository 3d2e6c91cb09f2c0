using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>Names, folders, and what is refused where a link was planted (E1, E2, E30).</summary>
public sealed class DiskLayoutTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(StoredFileKind.Chunk)]
    [InlineData(StoredFileKind.Segment)]
    [InlineData(StoredFileKind.Assembly)]
    public void A_name_reads_back(StoredFileKind kind)
    {
        var file = DiskStoreRig.NewFile(kind, 123456789);

        Assert.True(DiskLayout.TryParse(file.Store, kind, DiskLayout.Name(file), out var parsed));
        Assert.Equal(file, parsed);
        Assert.Equal(kind == StoredFileKind.Chunk, DiskLayout.TryParse(file.Store, kind, DiskLayout.PartName(file), out _));
        Assert.StartsWith(DiskLayout.Shard(DiskLayout.ShardNumber(file)), DiskLayout.Name(file)[(DiskLayout.Name(file).IndexOf('-') + 1)..],
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1")]
    [InlineData("1-")]
    [InlineData("0-00112233445566778899aabbccddeeff")]
    [InlineData("-1-00112233445566778899aabbccddeeff")]
    [InlineData("01-00112233445566778899aabbccddeeff")]
    [InlineData("+1-00112233445566778899aabbccddeeff")]
    [InlineData("1-00112233445566778899AABBCCDDEEFF")]
    [InlineData("1-00112233445566778899aabbccddeef")]
    [InlineData("1-00112233-4455-6677-8899-aabbccddeeff")]
    [InlineData("1-00112233445566778899aabbccddeeff.part.part")]
    [InlineData("9223372036854775808-00112233445566778899aabbccddeeff")]
    [InlineData("lost+found")]
    public void Foreign_names_are_not_ours(string name) =>
        Assert.False(DiskLayout.TryParse(DiskStoreRig.Id, StoredFileKind.Chunk, name, out _));

    [Fact]
    public async Task Foreign_files_are_not_listed()
    {
        using var disk = DiskStoreRig.Open();
        var file = await disk.AddChunkAsync(Bytes(10));
        var shard = Path.GetDirectoryName(disk.PathOf(file))!;
        await File.WriteAllTextAsync(Path.Combine(shard, "notes.txt"), "");
        // Our file, but in another shard than its name says.
        await File.WriteAllTextAsync(Path.Combine(shard, DiskLayout.Name(InAnotherShard(file))), "");

        Assert.Equal([file], disk.Store.Enumerate(None));
    }

    [Fact]
    public void Files_and_folders_are_accessible_to_the_owner_only()
    {
        using var folder = new TempFolder();
        using var disk = new DiskStoreRig(folder: folder.Path);
        disk.DiskStore.Open(DiskStoreRig.Id);

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var folders = Directory.GetDirectories(folder.Path, "*", SearchOption.AllDirectories);
        Assert.Equal(2 + 3 + (3 * 256), folders.Length);
        Assert.All(folders, path => Assert.Equal(owner, File.GetUnixFileMode(path)));
    }

    [Fact]
    public async Task Files_are_for_the_owner_only()
    {
        using var disk = DiskStoreRig.Open();
        var file = await disk.AddChunkAsync(Bytes(10));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(disk.PathOf(file)));
    }

    [Fact]
    public void Folders_are_flushed_at_every_start()
    {
        // The previous start may have created them and died.
        using var disk = new DiskStoreRig();
        disk.DiskStore.Open(DiskStoreRig.Id);
        using var again = new DiskStoreRig(folder: disk.Folder);
        again.DiskStore.Open(DiskStoreRig.Id);

        foreach (var folder in new[] { "chunks", "segments", "assemblies", "files", disk.Folder })
            Assert.Contains(again.Calls.Seen, call => call.Name == nameof(ISyscalls.Fsync) && call.Path == folder);
    }

    [Theory]
    [InlineData(nameof(ISyscalls.MkdirAt), Errno.Access)]
    [InlineData(nameof(ISyscalls.Fsync), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.OpenAt), Errno.Access)]
    [InlineData(nameof(ISyscalls.StatVfs), Errno.InputOutput)]
    public void A_volume_that_cannot_be_opened_refuses_the_start(string call, int errno)
    {
        using var disk = new DiskStoreRig();
        disk.Calls.Fail(call, errno);

        var refused = Assert.Throws<StartRefusedException>(() => disk.DiskStore.Open(DiskStoreRig.Id));

        Assert.Contains(disk.Folder, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("files")]
    [InlineData("trash")]
    [InlineData("files/chunks")]
    [InlineData("files/segments/7f")]
    public void A_link_in_place_of_a_folder_refuses_the_start(string path)
    {
        using var folder = new TempFolder();
        using var elsewhere = new TempFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
        Directory.CreateSymbolicLink(folder[path], elsewhere.Path);
        using var disk = new DiskStoreRig(folder: folder.Path);

        Assert.Throws<StartRefusedException>(() => disk.DiskStore.Open(DiskStoreRig.Id));

        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere.Path));
    }

    [Theory]
    [InlineData("files")]
    [InlineData("trash")]
    [InlineData("assemblies")]
    [InlineData("a0")]
    public void Two_file_systems_refuse_the_start(string mounted)
    {
        using var disk = new DiskStoreRig();
        disk.Calls.OnAnotherDevice = mounted;

        var refused = Assert.Throws<StartRefusedException>(() => disk.DiskStore.Open(DiskStoreRig.Id));

        Assert.Contains("another file system", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_place_of_a_shard_is_refused()
    {
        using var folder = new TempFolder();
        using var elsewhere = new TempFolder();
        using var disk = new DiskStoreRig(folder: folder.Path);
        disk.DiskStore.Open(DiskStoreRig.Id);
        var file = DiskStoreRig.NewChunk();
        var shard = Path.GetDirectoryName(disk.PathOf(file))!;
        Directory.Delete(shard);
        Directory.CreateSymbolicLink(shard, elsewhere.Path);
        await File.WriteAllBytesAsync(elsewhere[DiskLayout.Name(file)], Bytes(10));

        Throws(StoreError.Io, () => disk.Store.OpenRead(file));
        Throws(StoreError.Io, () => disk.Store.Length(file));
        Throws(StoreError.Io, () => disk.Store.Delete(file));
        Throws(StoreError.Io, () => disk.Store.Trash(file));
        Throws(StoreError.Io, () => Assert.Empty(disk.Store.Enumerate(None)));
        await ThrowsAsync(
            StoreError.Io,
            () => disk.Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Chunk, 2) with { Unique = file.Unique }, 1, None));
        Assert.Equal(Bytes(10), await File.ReadAllBytesAsync(elsewhere[DiskLayout.Name(file)]));
        Assert.Single(Directory.EnumerateFileSystemEntries(elsewhere.Path));
    }

    [Fact]
    public async Task A_shard_that_was_removed_has_no_files()
    {
        using var folder = new TempFolder();
        using var disk = new DiskStoreRig(folder: folder.Path);
        disk.DiskStore.Open(DiskStoreRig.Id);
        var file = DiskStoreRig.NewChunk();
        Directory.Delete(Path.GetDirectoryName(disk.PathOf(file))!);

        Assert.Null(disk.Store.Length(file));
        Throws(StoreError.Missing, () => disk.Store.OpenRead(file));
        disk.Store.Delete(file);
        disk.Store.Trash(file);
        Assert.Empty(disk.Store.Enumerate(None));
        await ThrowsAsync(StoreError.Missing, () => disk.Store.CreateAsync(file, 1, None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_link_in_place_of_a_file_is_refused(bool temporary)
    {
        using var disk = DiskStoreRig.Open();
        using var elsewhere = new TempFolder();
        await File.WriteAllBytesAsync(elsewhere["secret"], Bytes(10));
        var file = DiskStoreRig.NewChunk();
        File.CreateSymbolicLink(disk.PathOf(file, temporary), elsewhere["secret"]);

        Throws(StoreError.Io, () => disk.Store.OpenRead(file));
        Throws(StoreError.Io, () => disk.Store.Length(file));
        await ThrowsAsync(StoreError.Io, () => disk.Store.ReopenAsync(file, null, None));
        await ThrowsAsync(StoreError.Io, () => disk.Store.HashFromDeviceAsync(file, 0, 10, None));
        if (temporary)
            await ThrowsAsync(StoreError.Io, () => disk.Store.CreateAsync(file, 10, None));

        // We may remove the link, but not its target.
        disk.Store.Delete(file);
        Assert.False(Path.Exists(disk.PathOf(file, temporary)));
        Assert.Equal(Bytes(10), await File.ReadAllBytesAsync(elsewhere["secret"]));
    }

    [Fact]
    public void A_folder_in_place_of_a_file_is_damage()
    {
        using var disk = DiskStoreRig.Open();
        var file = DiskStoreRig.NewFile(StoredFileKind.Segment, 1);
        Directory.CreateDirectory(disk.PathOf(file));

        Throws(StoreError.Damaged, () => disk.Store.Length(file));
        Throws(StoreError.Damaged, () => disk.Store.OpenRead(file));
        Directory.Delete(disk.PathOf(file));
    }

    [Fact]
    public async Task A_file_is_found_under_both_names_while_it_is_renamed()
    {
        // The rename falls exactly between the lookup of the final name and the lookup of the temporary one.
        using var disk = DiskStoreRig.Open();
        var file = DiskStoreRig.NewChunk();
        await using var writer = await disk.WriteAsync(file, Bytes(10));
        disk.Calls.Answer = call =>
        {
            if (call.Name == nameof(ISyscalls.OpenAt) && call.Path == DiskLayout.PartName(file))
            {
                disk.Calls.Answer = null;
                writer.RenameDurablyAsync(None).GetAwaiter().GetResult();
            }

            return null;
        };

        Assert.Equal(10, disk.Store.Length(file));
        Assert.True(File.Exists(disk.PathOf(file)));
    }

    [Fact]
    public async Task A_truncated_file_is_detected()
    {
        using var disk = DiskStoreRig.Open();
        var file = DiskStoreRig.NewFile(StoredFileKind.Segment, 1);
        await using (var writer = await disk.Store.CreateAsync(file, 1 << 20, None))
        {
            writer.Write(Bytes(5000), 0);
            await writer.FlushAsync(final: true, None);
        }

        using (var cut = File.OpenHandle(disk.PathOf(file), FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(cut, 4000);

        Assert.Equal(4000, disk.Store.Length(file));
        Assert.Equal(4000, (await disk.Store.HashFromDeviceAsync(file, 0, 5000, None)).Length);
    }

    [Fact]
    public void Store_refuses_calls_before_it_is_open()
    {
        using var disk = new DiskStoreRig();

        Assert.Throws<InvalidOperationException>(() => disk.Store.Length(DiskStoreRig.NewChunk()));
        Assert.Throws<InvalidOperationException>(() => disk.Store.Health);
    }

    private static StoredFile InAnotherShard(StoredFile file)
    {
        var other = DiskStoreRig.NewChunk();
        while (DiskLayout.ShardNumber(other) == DiskLayout.ShardNumber(file))
            other = DiskStoreRig.NewChunk();
        return other;
    }
}
