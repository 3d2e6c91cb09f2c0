using System.Security.Cryptography;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>Content-Digest of one message, Repr-Digest of the file (R100-R105).</summary>
public sealed class DigestTests(ResumableFixture uploads) : IClassFixture<ResumableFixture>
{
    private static string Sha256(byte[] bytes) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:";

    private static string Sha512(byte[] bytes) => $"sha-512=:{Convert.ToBase64String(SHA512.HashData(bytes))}:";

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(null)]
    public async Task A_part_with_a_right_digest_counts_and_one_with_a_wrong_digest_does_not(int? version)
    {
        var path = await uploads.BeginAsync(version);
        foreach (var wrong in new[] { Sha256(World), Sha512(World), $"{Sha256(Hello)}, {Sha512(World)}" })
        {
            var answer = (await uploads.PatchAsync(version, path, 0, complete: false, Hello, $"Content-Digest: {wrong}")).Final;
            Assert.Equal((400, "?0", 0L), (answer.Status, answer["Upload-Complete"], answer.Offset));
            Assert.Equal("checksum_mismatch", answer["X-Error-Code"]);
        }

        var right = (
            await uploads.PatchAsync(version, path, 0, complete: false, Hello, $"Content-Digest: {Sha256(Hello)}, {Sha512(Hello)}")).Final;
        Assert.Equal(5, right.Offset);
    }

    [Fact]
    public async Task Insecure_digests_are_ignored()
    {
        var path = await uploads.BeginAsync(9);
        Assert.Equal(
            5, (await uploads.PatchAsync(9, path, 0, complete: false, Hello, "Content-Digest: md5=:AAAA:, crc32c=:AAAA:")).Final.Offset);
    }

    [Theory]
    [InlineData("sha-256")]
    [InlineData("sha-256=abc")]
    [InlineData("sha-256=:AAAA:")]
    [InlineData("sha-512=:!:")]
    [InlineData("=")]
    public async Task Malformed_digests_are_refused(string digest)
    {
        var path = await uploads.BeginAsync(9);
        var answer = (await uploads.PatchAsync(9, path, 0, complete: false, Hello, $"Content-Digest: {digest}")).Final;
        Assert.Equal((400, "malformed_digest"), (answer.Status, answer["X-Error-Code"]));
        Assert.Equal(
            400, (await uploads.SendAsync(9, "POST /uploads", Hello, "Upload-Complete: ?1", $"Content-Digest: {digest}")).Final.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_digest_may_come_in_the_trailer(bool right)
    {
        var path = await uploads.BeginAsync(8);
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync(
            $"PATCH {path}", "Upload-Draft-Interop-Version: 8", "Upload-Offset: 0", "Upload-Complete: ?0", Partial,
                "Transfer-Encoding: chunked", "Trailer: Content-Digest");
        await wire.SendChunkAsync(Hello);
        await wire.EndChunksAsync($"Content-Digest: {Sha512(right ? Hello : World)}");
        Assert.Equal(right ? 204 : 400, (await wire.AnswerAsync()).Final.Status);
        Assert.Equal(right ? 5 : 0, (await uploads.HeadAsync(8, path)).Offset);
    }

    [Fact]
    public async Task An_announced_digest_that_does_not_come_keeps_nothing()
    {
        var path = await uploads.BeginAsync(8);
        using var wire = await UploadWire.OpenAsync(uploads.Service);
        await wire.HeadAsync(
            $"PATCH {path}", "Upload-Draft-Interop-Version: 8", "Upload-Offset: 0", "Upload-Complete: ?0", Partial,
                "Transfer-Encoding: chunked", "Trailer: Content-Digest");
        await wire.SendChunkAsync(Hello);
        await wire.EndChunksAsync();
        var answer = (await wire.AnswerAsync()).Final;
        Assert.Equal((400, "checksum_missing", 0L), (answer.Status, answer["X-Error-Code"], answer.Offset));
    }

    [Fact]
    public async Task A_part_that_breaks_off_under_a_digest_keeps_nothing()
    {
        var path = await uploads.BeginAsync(8);
        using (var wire = await UploadWire.OpenAsync(uploads.Service))
        {
            await wire.HeadAsync(
                $"PATCH {path}", "Upload-Draft-Interop-Version: 8", "Upload-Offset: 0", "Upload-Complete: ?1", Partial,
                    "Content-Length: 11", $"Content-Digest: {Sha256(HelloWorld)}");
            await wire.SendAsync(Hello);
            await wire.BreakOffAsync();
        }

        Assert.Equal(0, (await uploads.HeadAsync(8, path)).Offset);
    }

    [Theory]
    [InlineData("Content-Digest", true)]
    [InlineData("Content-Digest", false)]
    [InlineData("Repr-Digest", true)]
    [InlineData("Repr-Digest", false)]
    public async Task The_digest_of_a_whole_file_outlives_a_cut_and_is_compared_at_the_end(string field, bool right)
    {
        var bytes = Bytes(Checkpoint + 6);
        string path;
        using (var wire = await UploadWire.OpenAsync(uploads.Service))
        {
            await wire.HeadAsync(
                "POST /uploads", "Upload-Draft-Interop-Version: 8", "Upload-Complete: ?1", $"Content-Length: {bytes.Length}",
                    $"{field}: {Sha256(right ? bytes : Hello)}");
            path = (await wire.NextAsync()).Path;
            await wire.SendAsync(bytes.AsMemory(0, Checkpoint));
            await wire.DurableAsync(Checkpoint);
            await wire.BreakOffAsync();
        }

        Assert.Equal(Checkpoint, (await uploads.HeadAsync(8, path)).Offset);
        var last = (await uploads.PatchAsync(8, path, Checkpoint, complete: true, bytes[Checkpoint..])).Final;
        if (right)
        {
            Assert.Equal((201, "?1"), (last.Status, last["Upload-Complete"]));
            Assert.Equal(bytes, await uploads.ContentAsync(path));
            return;
        }

        // The file is wrong, not what was sent, so continuing cannot help.
        Assert.Equal((400, "?1", "file_digest_mismatch"), (last.Status, last["Upload-Complete"], last["X-Error-Code"]));
        Assert.Equal(404, (await uploads.HeadAsync(8, path)).Status);
        Assert.Equal(UploadState.Failed, (await uploads.UploadAsync(path)).State);
    }

    [Fact]
    public async Task Digests_of_the_whole_that_differ_are_refused()
    {
        var answer = (await uploads.SendAsync(
            9, "POST /uploads", Hello, "Upload-Complete: ?1", $"Content-Digest: {Sha256(Hello)}", $"Repr-Digest: {Sha256(World)}")).Final;
        Assert.Equal((400, "digest_conflict", "?0"), (answer.Status, answer["X-Error-Code"], answer["Upload-Complete"]));
    }

    [Fact]
    public async Task The_digest_of_the_file_is_sent_to_clients_that_wanted_it_at_creation()
    {
        var path = await uploads.BeginAsync(8, null, "Want-Repr-Digest: sha-256=10, sha-512=3");
        var last = (await uploads.PatchAsync(8, path, 0, complete: true, HelloWorld)).Final;
        Assert.Equal(Sha256(HelloWorld), last["Repr-Digest"]);

        var once = (await uploads.SendAsync(9, "POST /uploads", HelloWorld, "Upload-Complete: ?1", "Want-Repr-Digest: sha-256=1")).Final;
        Assert.Equal(Sha256(HelloWorld), once["Repr-Digest"]);
        Assert.Null((await uploads.SendAsync(
            9, "POST /uploads", HelloWorld, "Upload-Complete: ?1", "Want-Repr-Digest: sha-256=0")).Final["Repr-Digest"]);
    }
}
