using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Contracts;

/// <summary>Reading, copying and hashing stored bytes.</summary>
public abstract partial class ChunkStoreContract
{
    [Fact]
    public async Task A_reader_continues_after_the_delete()
    {
        var bytes = Bytes(200_000);
        var file = await AddChunkAsync(bytes);
        using var reader = Store.OpenRead(file);

        Store.Delete(file);

        var read = new byte[bytes.Length];
        Assert.Equal(bytes.Length, await reader.ReadAsync(read, 0, None));
        Assert.Equal(bytes, read);
        Assert.Equal(bytes.Length, reader.Length);
    }

    [Fact]
    public async Task Readers_share_a_file()
    {
        var bytes = Bytes(1 << 20);
        var file = await AddChunkAsync(bytes);
        using var reader = Store.OpenRead(file);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(async part =>
        {
            var buffer = new byte[1 << 16];
            Assert.Equal(buffer.Length, await reader.ReadAsync(buffer, part << 16, None));
            Assert.True(buffer.AsSpan().SequenceEqual(bytes.AsSpan(part << 16, 1 << 16)));
        }));
    }

    [Fact]
    public async Task Copies_ranges_to_their_places_in_any_order()
    {
        var bytes = Bytes((3 << 20) + 777);
        const int middle = (1 << 20) + 5;
        var front = await AddChunkAsync(bytes[..middle]);
        var back = await AddChunkAsync(bytes[middle..]);
        var assembly = DiskStoreRig.NewFile(StoredFileKind.Assembly, 1);
        await using (var writer = await Store.CreateAsync(assembly, null, None))
        {
            writer.CopyFrom(back, 0, bytes.Length - middle, middle, None);
            await writer.FlushAsync(final: true, None);
        }

        await using (var writer = await Store.ReopenAsync(assembly, null, None))
        {
            writer.CopyFrom(front, 3, middle - 3, 3, None);
            writer.CopyFrom(front, 0, 3, 0, None);
            writer.CopyFrom(front, 0, 0, 0, None);
            await writer.FlushAsync(final: true, None);
        }

        Assert.Equal(bytes, await Store.ReadAsync(assembly));
    }

    [Fact]
    public async Task A_copy_changes_nothing_after_its_range()
    {
        // Sizes at which a file system that shares whole blocks could share too much.
        var first = await AddChunkAsync(Bytes(10_000));
        var second = await AddChunkAsync(Bytes(4096, seed: 2));
        var assembly = DiskStoreRig.NewFile(StoredFileKind.Assembly, 1);
        await using (var writer = await Store.CreateAsync(assembly, null, None))
        {
            writer.CopyFrom(second, 0, 4096, 10_000, None);
            writer.CopyFrom(second, 0, 4096, 16_384, None);
            writer.CopyFrom(first, 0, 10_000, 0, None);
        }

        byte[] expected = [.. Bytes(10_000), .. Bytes(4096, seed: 2), .. new byte[16_384 - 14_096], .. Bytes(4096, seed: 2)];
        Assert.Equal(expected, await Store.ReadAsync(assembly));
    }

    [Fact]
    public async Task Copying_beyond_the_source_is_damage()
    {
        var file = await AddChunkAsync(Bytes(1000));
        await using var writer = await Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Assembly, 1), null, None);

        Throws(StoreError.Damaged, () => writer.CopyFrom(file, 0, 1001, 0, None));
        Throws(StoreError.Damaged, () => writer.CopyFrom(file, 2000, 1, 0, None));
    }

    [Fact]
    public async Task A_cancelled_copy_stops()
    {
        var file = await AddChunkAsync(Bytes(1000));
        await using var writer = await Store.CreateAsync(DiskStoreRig.NewFile(StoredFileKind.Assembly, 1), null, None);

        Assert.ThrowsAny<OperationCanceledException>(() => writer.CopyFrom(file, 1, 999, 0, new CancellationToken(canceled: true)));
    }
}
