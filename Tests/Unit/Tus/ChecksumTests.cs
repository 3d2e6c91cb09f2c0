using System.Text;
using ChunkUpload.Api.Tus.Checksums;
using ChunkUpload.Api.Tus.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Unit.Tus;

public sealed class ChecksumTests
{
    [Theory]
    [InlineData("", "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=")]
    [InlineData("hello world", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")]
    [InlineData("Hello, tus!\n", "sha1 E7X121m3do5RTtnrOi5XTG9Uq0A=")]
    [InlineData("hello world", "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=")]
    [InlineData("hello world", "sha512 MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw==")]
    [InlineData("hello world", "md5 XrY7u+Ae7tCTyyK7j1rNww==")]
    [InlineData("hello world", "crc32 DUoRhQ==")]
    [InlineData("123456789", "crc32 y/Q5Jg==")]
    [InlineData("123456789", "crc32c 4waSgw==")]
    [InlineData("", "crc32c AAAAAA==")]
    public void Agrees_with_known_digests_however_the_bytes_come(string text, string field)
    {
        Assert.Equal(ChecksumReading.Found, ChecksumField.Read(field, out var declared));
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            using var running = ChecksumAlgorithms.Start(declared.Algorithm);
            running.Append(bytes.AsSpan(0, cut));
            running.Append(bytes.AsSpan(cut));
            Assert.True(running.Is(declared.Digest));
        }
    }

    [Theory]
    [InlineData("crc32")]
    [InlineData("crc32c")]
    public void Crc_of_many_bytes_is_that_of_single_ones(string name)
    {
        Assert.True(ChecksumAlgorithms.TryParse(name, out var algorithm));
        var bytes = new byte[100_003];
        new Random(5).NextBytes(bytes);
        using var whole = ChecksumAlgorithms.Start(algorithm);
        using var single = new Bitwise(name == "crc32" ? 0xEDB88320 : 0x82F63B78);
        whole.Append(bytes);
        single.Append(bytes);
        Assert.True(whole.Is(single.Digest));
    }

    [Theory]
    [InlineData("sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sha1 AA==")]
    [InlineData("crc32c AAAAAAAA")]
    public void A_digest_of_another_length_is_read_and_matches_nothing(string field)
    {
        Assert.Equal(ChecksumReading.Found, ChecksumField.Read(field, out var declared));
        using var running = ChecksumAlgorithms.Start(declared.Algorithm);
        Assert.False(running.Is(declared.Digest));
    }

    [Fact]
    public void A_digest_longer_than_any_is_read_and_matches_nothing()
    {
        Assert.Equal(ChecksumReading.Found, ChecksumField.Read("sha512 " + Convert.ToBase64String(new byte[1000]), out var declared));
        using var running = ChecksumAlgorithms.Start(declared.Algorithm);
        Assert.False(running.Is(declared.Digest));
    }

    [Theory]
    [InlineData("unknownalgo AAAAAAAAAA")]
    [InlineData("SHA1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=")]
    [InlineData("sha-256 AAAA")]
    public void Tells_an_unknown_algorithm(string field) =>
        Assert.Equal(ChecksumReading.UnknownAlgorithm, ChecksumField.Read(field, out _));

    [Theory]
    [InlineData("")]
    [InlineData("sha1")]
    [InlineData("sha1 ")]
    [InlineData(" 2jmj7l5rSw0yVb/vlWAYkK/YBwk=")]
    [InlineData("sha1  2jmj7l5rSw0yVb/vlWAYkK/YBwk=")]
    [InlineData("sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk")]
    [InlineData("sha1 2jmj7l5rSw0yVb_vlWAYkK_YBwk=")]
    [InlineData("sha1 not base64!")]
    public void Refuses_an_invalid_checksum(string field) => Assert.Equal(ChecksumReading.Malformed, ChecksumField.Read(field, out _));

    [Fact]
    public void Refuses_two_lines() =>
        Assert.Equal(ChecksumReading.Contradictory,
            ChecksumField.Read(new StringValues(["md5 XrY7u+Ae7tCTyyK7j1rNww==", "md5 XrY7u+Ae7tCTyyK7j1rNww=="]), out _));

    [Fact]
    public void Lists_the_algorithms_with_sha1_and_without_blanks()
    {
        Assert.Matches("^[a-z0-9-]+(,[a-z0-9-]+)*$", ChecksumAlgorithms.List);
        Assert.Contains("sha1", ChecksumAlgorithms.List.Split(','));
        Assert.All(
            ChecksumAlgorithms.All, algorithm => Assert.Contains(ChecksumAlgorithms.NameOf(algorithm), ChecksumAlgorithms.List.Split(',')));
    }

    /// <summary>A CRC computed bit by bit, as it is defined.</summary>
    private sealed class Bitwise(uint polynomial) : RunningChecksum
    {
        private uint _crc = uint.MaxValue;

        public byte[] Digest => [(byte)(~_crc >> 24), (byte)(~_crc >> 16), (byte)(~_crc >> 8), (byte)~_crc];

        public override void Append(ReadOnlySpan<byte> bytes)
        {
            foreach (var one in bytes)
            {
                _crc ^= one;
                for (var bit = 0; bit < 8; bit++)
                    _crc = (_crc & 1) != 0 ? (_crc >> 1) ^ polynomial : _crc >> 1;
            }
        }

        protected override int Finish(Span<byte> destination)
        {
            Digest.CopyTo(destination);
            return 4;
        }
    }
}
