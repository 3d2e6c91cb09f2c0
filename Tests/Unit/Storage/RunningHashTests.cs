using System.Security.Cryptography;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support.Storage;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>A SHA-256 whose state survives (E13, E19, E25).</summary>
public sealed class RunningHashTests
{
    private readonly OpenSslHashes _hashes = new();

    [Fact]
    public void Library_is_available_on_this_machine() => OpenSslHashes.RequireLibrary();

    [Fact]
    public void Empty_file_has_a_digest()
    {
        using var hash = _hashes.Start();

        Assert.Equal(0, hash.Length);
        Assert.Equal(Sha256Digest.OfNothing, hash.Current());
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hash.Current().ToString());
    }

    [Fact]
    public void Continues_at_every_split()
    {
        // Up to three blocks, so that every fill level of the open block comes before and after a full one.
        var bytes = StoreAssert.Bytes(200);
        for (var length = 0; length <= bytes.Length; length++)
        {
            var whole = new Sha256Digest(SHA256.HashData(bytes.AsSpan(0, length)));
            for (var split = 0; split <= length; split++)
            {
                using var first = _hashes.Start();
                first.Append(bytes.AsSpan(0, split));
                var state = first.Save();
                using var second = _hashes.Restore(state);
                Assert.NotNull(second);
                Assert.Equal(split, second.Length);
                Assert.Equal(first.Current(), second.Current());
                second.Append(bytes.AsSpan(split, length - split));
                Assert.Equal(whole, second.Current());
                Assert.Equal(length, second.Length);
                // Saving, reading the digest and restoring have not changed the first hash.
                first.Append(bytes.AsSpan(split, length - split));
                Assert.Equal(whole, first.Current());
            }
        }
    }

    [Fact]
    public void Counts_bits_beyond_32()
    {
        // The high word of the bit count is used from 512 MiB on.
        var block = new byte[32 << 20];
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IRunningHash hash = _hashes.Start();
        for (var i = 0; i < 17; i++)
        {
            expected.AppendData(block);
            hash.Append(block);
            hash = _hashes.Restore(hash.Save())!;
        }

        Assert.Equal(17L << 25, hash.Length);
        Assert.Equal(new Sha256Digest(expected.GetCurrentHash()), hash.Current());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(100)]
    public void Any_flipped_bit_is_noticed(int length)
    {
        using var hash = _hashes.Start();
        hash.Append(StoreAssert.Bytes(length));
        var state = hash.Save();
        for (var bit = 0; bit < state.Length * 8; bit++)
        {
            state[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(_hashes.Restore(state));
            state[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.NotNull(_hashes.Restore(state));
    }

    [Fact]
    public void Any_other_length_is_noticed()
    {
        using var hash = _hashes.Start();
        hash.Append(StoreAssert.Bytes(100));
        var state = hash.Save();
        for (var length = 0; length < state.Length; length++)
            Assert.Null(_hashes.Restore(state.AsSpan(0, length)));
        Assert.Null(_hashes.Restore([.. state, 0]));
        Assert.Null(_hashes.Restore(new byte[112]));
    }

    [Fact]
    public void A_state_is_the_same_on_every_machine()
    {
        using var hash = _hashes.Start();
        hash.Append("abc"u8);

        // Version, length, the eight initial words of FIPS 180-4, the open block, the checksum.
        Assert.StartsWith(
            "010000000000000003" + "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19" + "616263",
            Convert.ToHexStringLower(hash.Save()), StringComparison.Ordinal);
    }
}
