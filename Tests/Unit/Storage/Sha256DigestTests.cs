namespace ChunkUpload.Tests.Unit.Storage;

public sealed class Sha256DigestTests
{
    private const string Hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private const string Base64 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

    private static readonly Sha256Digest Abc = Sha256Digest.Of("abc"u8);

    [Fact]
    public void Writes_itself_in_both_forms()
    {
        Assert.Equal(Hex, Abc.ToString());
        Assert.Equal(Base64, Abc.ToBase64());
        Assert.Equal(Abc, new Sha256Digest(Abc.ToArray()));
    }

    [Theory]
    [InlineData(Hex)]
    [InlineData("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    public void Reads_hexadecimal_in_either_case(string text)
    {
        Assert.True(Sha256Digest.TryParseHex(text, out var digest));
        Assert.Equal(Abc, digest);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ba7816bf")]
    [InlineData(Hex + "00")]
    [InlineData(" " + Hex)]
    [InlineData("0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015")]
    [InlineData("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a")]
    public void Refuses_what_is_not_64_hexadecimal_digits(string? text)
    {
        Assert.False(Sha256Digest.TryParseHex(text, out var digest));
        Assert.Equal(default, digest);
    }

    [Fact]
    public void Reads_base64()
    {
        Assert.True(Sha256Digest.TryParseBase64(Base64, out var digest));
        Assert.Equal(Abc, digest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0")]
    [InlineData("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=")]
    [InlineData("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0==")]
    [InlineData("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIA\r\n a0=")]
    [InlineData(" ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0")]
    [InlineData("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFQ==")]
    [InlineData("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa1=")]
    public void Refuses_what_is_not_the_base64_of_32_bytes(string text) => Assert.False(Sha256Digest.TryParseBase64(text, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Has_32_bytes(int length) => Assert.Throws<ArgumentException>(() => new Sha256Digest(new byte[length]));

    [Fact]
    public void Every_byte_counts_when_compared()
    {
        for (var at = 0; at < Sha256Digest.Length; at++)
        {
            var bytes = Abc.ToArray();
            bytes[at] ^= 1;
            var other = new Sha256Digest(bytes);
            Assert.True(other != Abc);
            Assert.False(other.Equals(Abc));
        }
    }
}
