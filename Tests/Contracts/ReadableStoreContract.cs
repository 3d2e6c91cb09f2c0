using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Contracts;

/// <summary>The contract of every store as far as it is read: of a disk, and of a bucket.</summary>
public abstract class ReadableStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected abstract IReadableStore Readable { get; }

    /// <summary>Stores a file with these bytes.</summary>
    protected abstract Task<StoredFile> AddAsync(byte[] bytes);

    [Fact]
    public async Task A_reader_reads_ranges_in_any_order()
    {
        var bytes = Bytes(3_000_001);
        var file = await AddAsync(bytes);
        Assert.Equal(bytes.Length, Readable.Length(file));
        using var reader = Readable.OpenRead(file);
        Assert.Equal(bytes.Length, reader.Length);
        foreach (var (offset, length) in new[] { (0, 100_000), (100_000, 2_000_000), (5, 10), (2_999_000, 1001), (2_100_000, 300_000) })
        {
            var buffer = new byte[length];
            for (var done = 0; done < length;)
            {
                var read = await reader.ReadAsync(buffer.AsMemory(done), offset + done, None);
                Assert.NotEqual(0, read);
                done += read;
            }

            Assert.True(buffer.AsSpan().SequenceEqual(bytes.AsSpan(offset, length)));
        }

        Assert.Equal(0, await reader.ReadAsync(new byte[10], bytes.Length, None));
    }

    [Fact]
    public async Task A_file_that_does_not_exist_is_missing()
    {
        var file = await AddAsync(Bytes(10));
        var other = file with { Unique = Guid.NewGuid() };

        Assert.Null(Readable.Length(other));
        Throws(StoreError.Missing, () => Readable.OpenRead(other));
        await ThrowsAsync(StoreError.Missing, () => Readable.HashFromDeviceAsync(other, 0, 1, None));
        Throws(StoreError.Unreachable, () => Readable.OpenRead(file with { Store = Guid.NewGuid() }));
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
        var file = await AddAsync(bytes);

        Assert.Equal(
            (Sha256Digest.Of(bytes.AsSpan(offset, length)), length), await Readable.HashFromDeviceAsync(file, offset, length, None));
    }

    [Fact]
    public async Task Hashing_says_how_much_was_there()
    {
        var bytes = Bytes(10_000);
        var file = await AddAsync(bytes);

        Assert.Equal((Sha256Digest.Of(bytes.AsSpan(6000)), 4000), await Readable.HashFromDeviceAsync(file, 6000, 50_000, None));
        Assert.Equal((Sha256Digest.OfNothing, 0), await Readable.HashFromDeviceAsync(file, 50_000, 1, None));
    }

    [Fact]
    public async Task Reads_from_the_device_into_several_hashes_in_steps()
    {
        var bytes = Bytes(2_500_000);
        var file = await AddAsync(bytes);
        using var first = new PlainHash();
        using var second = new PlainHash();

        Assert.Equal(1_500_000, await Readable.ReadFromDeviceAsync(file, 0, 1_500_000, [first], None));
        Assert.Equal(1_000_000, await Readable.ReadFromDeviceAsync(file, 1_500_000, 5_000_000, [first, second], None));

        Assert.Equal(Sha256Digest.Of(bytes), first.Current());
        Assert.Equal(Sha256Digest.Of(bytes.AsSpan(1_500_000)), second.Current());
    }

    [Fact]
    public async Task Cancelled_hashing_stops()
    {
        var file = await AddAsync(Bytes(10));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Readable.HashFromDeviceAsync(file, 0, 10, new CancellationToken(canceled: true)));
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
