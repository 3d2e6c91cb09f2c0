using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class DigestFieldTests
{
    private static readonly Sha256Digest One = Sha256Digest.Of([1]);
    private static readonly Sha256Digest Two = Sha256Digest.Of([2]);

    [Fact]
    public void Reads_what_it_writes()
    {
        Assert.Equal(FieldStatus.Found, DigestField.Read(DigestField.Write(One), out var digest));
        Assert.Equal(One, digest);
    }

    [Fact]
    public void Finds_sha_256_among_other_algorithms()
    {
        var field = $"sha-512=:{Convert.ToBase64String(new byte[64])}:, sha-256=:{One.ToBase64()}:;note=\"x\", md5=:aGk=:";
        Assert.Equal(FieldStatus.Found, DigestField.Read(field, out var digest));
        Assert.Equal(One, digest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha-512=:aGk=:")]
    [InlineData("sha-256-unknown=:aGk=:")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void Finds_nothing_in_unknown_algorithms(string field) =>
        Assert.Equal(FieldStatus.Absent, DigestField.Read(field, out _));

    [Fact]
    public void Finds_nothing_where_the_header_is_not_there() => Assert.Equal(FieldStatus.Absent, DigestField.Read(default, out _));

    [Fact]
    public void Accepts_left_out_padding() =>
        Assert.Equal(FieldStatus.Found, DigestField.Read($"sha-256=:{One.ToBase64().TrimEnd('=')}:", out _));

    [Theory]
    [InlineData("sha-256")]
    [InlineData("sha-256=abc")]
    [InlineData("sha-256=:aGk=:")]
    [InlineData("sha-256=::")]
    [InlineData("sha-256=\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    [InlineData("sha-256=:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=:")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:,")]
    [InlineData("SHA-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")]
    public void Refuses_an_invalid_sha_256(string field) => Assert.Equal(FieldStatus.Malformed, DigestField.Read(field, out _));

    [Fact]
    public void Refuses_a_broken_member_behind_a_good_one() =>
        Assert.Equal(FieldStatus.Malformed, DigestField.Read(DigestField.Write(One) + ", x=", out _));

    [Fact]
    public void The_same_digest_twice_is_one_digest() =>
        Assert.Equal(FieldStatus.Found, DigestField.Read(new StringValues([DigestField.Write(One), DigestField.Write(One)]), out _));

    [Fact]
    public void Two_different_digests_contradict_each_other()
    {
        Assert.Equal(FieldStatus.Contradictory, DigestField.Read($"{DigestField.Write(One)},{DigestField.Write(Two)}", out _));
        Assert.Equal(
            FieldStatus.Contradictory, DigestField.Read(new StringValues([DigestField.Write(One), DigestField.Write(Two)]), out _));
    }

    [Fact]
    public void Header_is_read_without_allocating()
    {
        StringValues field = DigestField.Write(One);
        DigestField.Read(field, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        DigestField.Read(field, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Hexadecimal_digits_are_read_in_either_case()
    {
        Assert.Equal(FieldStatus.Found, HexDigestField.Read(One.ToString().ToUpperInvariant(), out var digest));
        Assert.Equal(One, digest);
        Assert.Equal(FieldStatus.Absent, HexDigestField.Read(default, out _));
        Assert.Equal(FieldStatus.Malformed, HexDigestField.Read("", out _));
        Assert.Equal(FieldStatus.Malformed, HexDigestField.Read(One.ToString()[..63], out _));
        Assert.Equal(FieldStatus.Malformed, HexDigestField.Read(One + "0", out _));
        Assert.Equal(FieldStatus.Malformed, HexDigestField.Read("g" + One.ToString()[1..], out _));
        Assert.Equal(FieldStatus.Contradictory, HexDigestField.Read(new StringValues([One.ToString(), Two.ToString()]), out _));
    }
}
