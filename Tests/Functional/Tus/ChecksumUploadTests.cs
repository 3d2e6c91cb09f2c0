using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T110-T125: checksums in the header and in the trailer.</summary>
[Collection(TusCollection.Name)]
public sealed class ChecksumUploadTests(TusFixture fixture)
{
    private const string Right = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";
    private const string Wrong = "sha1 E7X121m3do5RTtnrOi5XTG9Uq0A=";
    private static readonly byte[] Bytes = "hello world"u8.ToArray();
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    [Theory]
    [InlineData(Right)]
    [InlineData("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=")]
    [InlineData("md5 XrY7u+Ae7tCTyyK7j1rNww==")]
    [InlineData("crc32 DUoRhQ==")]
    [InlineData("crc32c yZRlqg==")]
    public async Task Takes_bytes_that_match(string checksum)
    {
        var path = await _client.NewAsync(22);
        var first = await _client.PatchAsync(path, 0, Bytes, ("Upload-Checksum", checksum));
        Assert.Equal((204, 11L), (first.Status, first.Offset));
        // The checksum covers one request, not the upload.
        var second = await _client.PatchAsync(path, 11, Bytes, ("Upload-Checksum", checksum));
        Assert.Equal((204, 22L), (second.Status, second.Offset));
    }

    [Theory]
    [InlineData(Wrong)]
    [InlineData("sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("crc32c AAAAAA==")]
    public async Task Returns_460_and_keeps_nothing_of_the_request(string checksum)
    {
        var path = await _client.NewAsync(14);
        await _client.PatchAsync(path, 0, new byte[3]);
        var answer = await _client.PatchAsync(path, 3, Bytes, ("Upload-Checksum", checksum));
        Assert.Equal((460, "Checksum Mismatch", 3L), (answer.Status, answer.Reason, answer.Offset));
        Assert.Equal("checksum_mismatch", answer["X-Error-Code"]);
        using (var problem = System.Text.Json.JsonDocument.Parse(answer.Body))
        {
            Assert.Equal("checksum_mismatch", problem.RootElement.GetProperty("code").GetString());
            Assert.Contains("checksum", problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(3, (await _client.HeadAsync(path)).Offset);

        Assert.Equal(204, (await _client.PatchAsync(path, 3, Bytes, ("Upload-Checksum", Right))).Status);
        Assert.Equal([0, 0, 0, .. Bytes], await _client.DownloadAsync(path));
    }

    [Theory]
    [InlineData("unknownalgo AAAAAAAAAA", "unknown_checksum_algorithm")]
    [InlineData("SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "unknown_checksum_algorithm")]
    [InlineData("sha1", "invalid_header")]
    [InlineData("sha1 not-base64!", "invalid_header")]
    [InlineData("", "invalid_header")]
    public async Task Returns_400_for_an_invalid_checksum(string checksum, string code)
    {
        var path = await _client.NewAsync(11);
        var answer = await _client.PatchAsync(path, 0, Bytes, ("Upload-Checksum", checksum));
        Assert.Equal((400, code), (answer.Status, answer["X-Error-Code"]));
        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
    }

    [Fact]
    public async Task An_interrupted_request_with_a_checksum_keeps_nothing()
    {
        var path = await _client.NewAsync(11);
        using (var raw = await _tus.RawAsync())
        {
            var written = _tus.Hooks.WrittenAsync(5);
            await raw.PatchHeadAsync(path, 0, 11, $"Upload-Checksum: {Right}");
            await raw.SendAsync(Bytes.AsMemory(0, 5));
            await written;
            // Unverified bytes do not count (T116).
            var head = await _client.HeadAsync(path);
            Assert.Equal((200, 0L), (head.Status, head.Offset));
        }

        Assert.Equal(204, (await _client.PatchAsync(path, 0, Bytes, ("Upload-Checksum", Right))).Status);
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Fact]
    public async Task Bytes_under_a_checksum_do_not_raise_the_offset_before_they_are_verified()
    {
        await using var tus = await fixture.StartAsync(("Uploads:CheckpointBytes", "64KiB"));
        var bytes = TusClient.Bytes(1 << 20);
        var path = await tus.Client.NewAsync(bytes.Length);
        var checksum = "sha256 " + Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(bytes));
        using var raw = await tus.RawAsync();
        var written = tus.Hooks.WrittenAsync(900_000);
        await raw.PatchHeadAsync(path, 0, bytes.Length, $"Upload-Checksum: {checksum}");
        await raw.SendAsync(bytes.AsMemory(0, 900_000));
        await written;
        Assert.Equal(0, (await tus.UploadAsync(path)).ReceivedBytes);
        await raw.SendAsync(bytes.AsMemory(900_000));
        Assert.Equal(204, (await raw.AnswerAsync()).Status);
        Assert.Equal(1 << 20, (await tus.UploadAsync(path)).ReceivedBytes);
    }

    [Theory]
    [InlineData(Right)]
    [InlineData("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=")]
    [InlineData("crc32 DUoRhQ==")]
    public async Task Takes_the_checksum_in_the_trailer(string checksum)
    {
        var path = await _client.NewAsync(11);
        var answer = await TrailerAsync(path, $"Upload-Checksum: {checksum}");
        Assert.Equal((204, 11L), (answer.Status, answer.Offset));
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Theory]
    [InlineData("Upload-Checksum: " + Wrong, 460)]
    [InlineData("Upload-Checksum: sha1 AA==", 460)]
    [InlineData("Upload-Checksum: unknown AA==", 400)]
    [InlineData("Upload-Checksum: nonsense", 400)]
    [InlineData("X-Other: 1", 400)]
    [InlineData(null, 400)]
    public async Task Keeps_nothing_when_the_trailer_is_wrong_or_does_not_come(string? trailer, int status)
    {
        var path = await _client.NewAsync(11);
        var answer = await TrailerAsync(path, trailer is null ? [] : [trailer]);
        Assert.Equal((status, 0L), (answer.Status, answer.Offset));
        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
    }

    [Fact]
    public async Task A_break_before_the_trailer_keeps_nothing()
    {
        var path = await _client.NewAsync(11);
        using var raw = await _tus.RawAsync();
        var written = _tus.Hooks.WrittenAsync(11);
        await raw.PatchHeadAsync(path, 0, null, "Trailer: Upload-Checksum");
        await raw.SendChunkAsync(Bytes);
        await written;
        raw.Reset();
        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
    }

    [Fact]
    public async Task Returns_400_for_a_checksum_in_header_and_trailer()
    {
        var path = await _client.NewAsync(11);
        using (var raw = await _tus.RawAsync())
        {
            await raw.PatchHeadAsync(path, 0, null, "Trailer: Upload-Checksum", $"Upload-Checksum: {Right}");
            Assert.Equal(400, (await raw.AnswerAsync()).Status);
        }

        // A trailer that was not announced.
        using (var raw = await _tus.RawAsync())
        {
            await raw.PatchHeadAsync(path, 0, null, $"Upload-Checksum: {Right}");
            await raw.SendChunkAsync(Bytes);
            await raw.EndChunksAsync($"Upload-Checksum: {Right}");
            Assert.Equal(400, (await raw.AnswerAsync()).Status);
        }

        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
    }

    [Fact]
    public async Task A_trailer_that_was_not_announced_means_nothing()
    {
        var path = await _client.NewAsync(11);
        using var raw = await _tus.RawAsync();
        await raw.PatchHeadAsync(path, 0, null);
        await raw.SendChunkAsync(Bytes);
        await raw.EndChunksAsync($"Upload-Checksum: {Wrong}");
        Assert.Equal((204, 11L), ((await raw.AnswerAsync()) is var answer ? answer.Status : 0, answer.Offset));
    }

    [Fact]
    public async Task Trailers_can_be_switched_off_alone()
    {
        await using var tus = await fixture.StartAsync(("Tus:Extensions", "creation,checksum"));
        var path = await tus.Client.NewAsync(11);
        using var raw = await tus.RawAsync();
        await raw.PatchHeadAsync(path, 0, null, "Trailer: Upload-Checksum");
        await raw.SendChunkAsync(Bytes);
        await raw.EndChunksAsync($"Upload-Checksum: {Wrong}");
        Assert.Equal(204, (await raw.AnswerAsync()).Status);
    }

    [Fact]
    public async Task A_file_is_finished_only_after_its_last_checksum()
    {
        var path = await _client.NewAsync(11);
        await _client.PatchAsync(path, 0, Bytes, ("Upload-Checksum", Wrong));
        Assert.Equal(UploadState.Open, (await _tus.UploadAsync(path)).State);
        await _client.PatchAsync(path, 0, Bytes, ("Upload-Checksum", Right));
        Assert.Equal(UploadState.Completed, (await _tus.UploadAsync(path)).State);
    }

    private async Task<TusAnswer> TrailerAsync(string path, params string[] trailers)
    {
        using var raw = await _tus.RawAsync();
        await raw.PatchHeadAsync(path, 0, null, "Trailer: Upload-Checksum");
        await raw.SendChunkAsync(Bytes.AsMemory(0, 4));
        await raw.SendChunkAsync(Bytes.AsMemory(4));
        await raw.EndChunksAsync(trailers);
        return await raw.AnswerAsync();
    }
}
