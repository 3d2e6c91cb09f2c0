using System.Security.Cryptography;
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

    [Theory]
    [InlineData(0, 3_000_001)]
    [InlineData(1, 3_000_000)]
    [InlineData(4095, 2)]
    [InlineData(1_048_570, 1_100_000)]
    [InlineData(2_999_999, 2)]
    [InlineData(17, 0)]
    public async Task Hashes_a_range_from_the_device(int offset, int length)
    {
        var bytes = Bytes(3_000_001);
        var file = await AddChunkAsync(bytes);

        Assert.Equal((Sha256Digest.Of(bytes.AsSpan(offset, length)), length), await Store.HashFromDeviceAsync(file, offset, length, None));
    }

    [Fact]
    public async Task Hashing_says_how_much_was_there()
    {
        var bytes = Bytes(10_000);
        var file = await AddChunkAsync(bytes);

        Assert.Equal((Sha256Digest.Of(bytes.AsSpan(6000)), 4000), await Store.HashFromDeviceAsync(file, 6000, 50_000, None));
        Assert.Equal((Sha256Digest.OfNothing, 0), await Store.HashFromDeviceAsync(file, 50_000, 1, None));
    }

    [Fact]
    public async Task Reads_from_the_device_into_several_hashes_in_steps()
    {
        var bytes = Bytes(2_500_000);
        var file = await AddChunkAsync(bytes);
        using var first = new PlainHash();
        using var second = new PlainHash();

        Assert.Equal(1_500_000, await Store.ReadFromDeviceAsync(file, 0, 1_500_000, [first], None));
        Assert.Equal(1_000_000, await Store.ReadFromDeviceAsync(file, 1_500_000, 5_000_000, [first, second], None));

        Assert.Equal(Sha256Digest.Of(bytes), first.Current());
        Assert.Equal(Sha256Digest.Of(bytes.AsSpan(1_500_000)), second.Current());
    }

    [Fact]
    public async Task Cancelled_hashing_stops()
    {
        var file = await AddChunkAsync(Bytes(10));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.HashFromDeviceAsync(file, 0, 10, new CancellationToken(canceled: true)));
    }

    // A store accepts any running hash, not only its own.
    private sealed class PlainHash : IRunningHash
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            Length += bytes.Length;
        }

        public Sha256Digest Current() => new(_hash.GetCurrentHash());

        public byte[] Save() => throw new NotSupportedException();

        public void Dispose() => _hash.Dispose();
    }
}
