using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ChunkUpload.Tests.Unit.Transfers;

public sealed class QuickXorHashTests
{
    [Theory]
    [InlineData(0, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData(1, "rwAAAAAAAAAAAAAAAQAAAAAAAAA=")]
    [InlineData(20, "TqkPtG0WDkAsQA/3dMQrlnAMBZg=")]
    [InlineData(160, "cWpinKhlvSZggrGU6lxXPVHJWx8=")]
    [InlineData(161, "gGpinKhlvSZggrGU61xXPVHJWx8=")]
    [InlineData(327680, "K+hOCoCCR3qm14IT6dcEEAFpoOw=")]
    [InlineData(1000000, "dGQQAVRFh6j+i7Op0hMGVqO8DYc=")]
    [InlineData(4194305, "R9cItKy8WHa80tdqeHZLBa1JHRU=")]
    public void Equals_the_vendors_digest_also_when_it_goes_on_from_a_saved_state(int length, string expected)
    {
        var bytes = Data(length);
        var hash = new QuickXorHash();
        for (var at = 0; at < length;)
        {
            var part = Math.Min(1 + (at * 7 % 9973), length - at);
            hash.Append(bytes.AsSpan(at, part));
            at += part;
            hash = QuickXorHash.Restore(hash.Save())!;
        }

        Assert.Equal(expected, hash.Current());
        Assert.Equal(length, hash.Length);
    }

    [Fact]
    public void Is_not_restored_from_something_else() => Assert.Null(QuickXorHash.Restore(new byte[27]));

    private static byte[] Data(int length)
    {
        var bytes = new byte[length];
        Span<byte> counter = stackalloc byte[8], block = stackalloc byte[32];
        for (var (at, number) = (0, 0L); at < length; at += block.Length, number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(counter, number);
            SHA256.HashData(counter, block);
            block[..Math.Min(block.Length, length - at)].CopyTo(bytes.AsSpan(at));
        }

        return bytes;
    }
}
