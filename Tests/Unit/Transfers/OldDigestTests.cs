using System.Security.Cryptography;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>MD5 and SHA-1, which go on across a kill as SHA-256 does.</summary>
public sealed class OldDigestTests
{
    private static readonly OpenSslHashes Hashes = new();

    [Theory]
    [InlineData(OldDigest.Md5)]
    [InlineData(OldDigest.Sha1)]
    public void A_state_that_is_saved_anywhere_goes_on_to_the_same_digest(OldDigest kind)
    {
        var bytes = RandomNumberGenerator.GetBytes(1000);
        for (var split = 0; split <= bytes.Length; split += 37)
        {
            var first = Hashes.Start(kind)!;
            first.Append(bytes.AsSpan(0, split));
            var second = Hashes.RestoreOld(first.Save())!;
            Assert.Equal((kind, split), (second.Kind, (int)second.Length));
            second.Append(bytes.AsSpan(split));
            Assert.Equal(Expected(kind, bytes), second.Current());
            // Asking ends nothing.
            second.Append(bytes);
            Assert.Equal(Expected(kind, [.. bytes, .. bytes]), second.Current());
            Assert.Equal(Expected(kind, bytes.AsSpan(0, split)), first.Current());
        }
    }

    [Fact]
    public void A_damaged_state_is_refused()
    {
        var digest = Hashes.Start(OldDigest.Md5)!;
        digest.Append(RandomNumberGenerator.GetBytes(100));
        var state = digest.Save();
        for (var at = 0; at < state.Length; at++)
        {
            var damaged = (byte[])state.Clone();
            damaged[at] ^= 1;
            Assert.Null(Hashes.RestoreOld(damaged));
        }

        Assert.Null(Hashes.RestoreOld([]));
        Assert.Null(Hashes.RestoreOld(state.AsSpan(0, state.Length - 1)));
    }

    [Theory]
    [InlineData(DigestKind.Md5)]
    [InlineData(DigestKind.Sha1)]
    public void A_transfer_compares_it_where_the_source_has_nothing_else_also_after_a_kill(DigestKind kind)
    {
        var bytes = RandomNumberGenerator.GetBytes(5000);
        var theirs = new Dictionary<DigestKind, string>
        {
            [kind] = Expected(kind == DigestKind.Md5 ? OldDigest.Md5 : OldDigest.Sha1, bytes).ToUpperInvariant(),
        };
        using var before = TransferDigests.Start(Hashes, theirs);
        before.Append(bytes.AsSpan(0, 1234));
        using var after = TransferDigests.Restore(Hashes, before.Save())!;
        after.Append(bytes.AsSpan(1234));
        Assert.True(after.Matches(theirs, out var by));
        Assert.Equal(kind, by);
        after.Append([1]);
        Assert.False(after.Matches(theirs, out _));
    }

    [Fact]
    public void A_better_digest_is_enough_and_a_state_without_an_old_one_goes_on()
    {
        var theirs = new Dictionary<DigestKind, string> { [DigestKind.Md5] = "0", [DigestKind.QuickXor] = "x" };
        using var digests = TransferDigests.Start(Hashes, theirs);
        digests.Append([1, 2, 3]);
        using var restored = TransferDigests.Restore(Hashes, digests.Save())!;
        Assert.Equal(3, restored.Length);
        Assert.Null(restored.Matches(new Dictionary<DigestKind, string> { [DigestKind.Md5] = "0" }, out _));
    }

#pragma warning disable CA5350, CA5351 // Storages name these digests; they protect nothing here.
    private static string Expected(OldDigest kind, ReadOnlySpan<byte> bytes) =>
        Convert.ToHexStringLower(kind == OldDigest.Md5 ? MD5.HashData(bytes) : SHA1.HashData(bytes));
#pragma warning restore CA5350, CA5351
}
