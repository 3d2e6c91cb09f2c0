using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T5-T8, T20-T23: the answer to OPTIONS, and disabled extensions.</summary>
[Collection(TusCollection.Name)]
public sealed class DescribeTests(TusFixture fixture)
{
    private readonly TusClient _client = fixture.Tus.Client;

    [Theory]
    [InlineData("/files", null)]
    [InlineData("/files", "1.0.0")]
    [InlineData("/files", "9.9.9")]
    [InlineData("/files/00000000000000000000000000000000", null)]
    public async Task Describes_the_protocol_for_any_requested_version(string path, string? version)
    {
        using var http = fixture.Tus.Service.CreateClient(withKey: false);
        var answer = await new TusClient(http)
            .SendAsync(HttpMethod.Options, path, null, version is null ? [] : [("Tus-Resumable", version)]);
        Assert.Equal(200, answer.Status);
        Assert.Equal("0", answer["Content-Length"]);
        Assert.Equal("1.0.0", answer["Tus-Version"]);
        Assert.Equal("1.0.0", answer["Tus-Resumable"]);
        Assert.Equal(
            "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination,concatenation",
                answer["Tus-Extension"]);
        Assert.Equal("1099511627776", answer["Tus-Max-Size"]);
        Assert.Equal("sha256,sha1,sha512,md5,crc32,crc32c", answer["Tus-Checksum-Algorithm"]);
        Assert.Contains("max-size=1099511627776", answer["Upload-Limit"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_the_version_list_only_when_asked_or_refused()
    {
        var created = await _client.CreateAsync(("Upload-Length", "1"));
        Assert.Null(created["Tus-Version"]);
        Assert.Null((await _client.HeadAsync(created.Path))["Tus-Version"]);
    }

    [Fact]
    public async Task A_preflight_gets_the_description_too()
    {
        using var http = fixture.Tus.Service.CreateClient(withKey: false);
        var answer = await new TusClient(http).SendAsync(
            HttpMethod.Options, "/files", null, ("Origin", "http://example.org"), ("Access-Control-Request-Method", "POST"));
        Assert.InRange(answer.Status, 200, 204);
        Assert.Equal("1.0.0", answer["Tus-Version"]);
        Assert.Contains("creation", answer["Tus-Extension"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_everything_off_only_the_core_is_there()
    {
        await using var tus = await fixture.StartAsync(("Tus:Extensions", "creation"), ("Uploads:MaxSize", "1MiB"));
        var client = tus.Client;
        var options = await client.SendAsync(HttpMethod.Options, "/files", null);
        Assert.Equal("creation", options["Tus-Extension"]);
        Assert.Null(options["Tus-Checksum-Algorithm"]);
        Assert.Equal("1048576", options["Tus-Max-Size"]);

        // creation-with-upload (T106)
        var withBytes = await client.TusAsync(
            HttpMethod.Post, "/files", new ByteArrayContent([1]), ("Upload-Length", "1"), ("Content-Type", TusClient.OffsetType));
        Assert.Equal(415, withBytes.Status);
        // creation-defer-length (T72)
        Assert.Equal(400, (await client.CreateAsync(("Upload-Defer-Length", "1"))).Status);
        // concatenation: never treated as an ordinary upload
        Assert.Equal(400, (await client.CreateAsync(("Upload-Length", "1"), ("Upload-Concat", "partial"))).Status);
        Assert.Equal(400, (await client.CreateAsync(("Upload-Concat", "final;/files/a"))).Status);
        Assert.Equal(0, await tus.CountAsync());

        // expiration
        var created = await client.CreateAsync(("Upload-Length", "3"));
        Assert.Null(created["Upload-Expires"]);
        Assert.Null((await client.HeadAsync(created.Path))["Upload-Expires"]);
        // checksum: the header has no meaning, in any form
        Assert.Equal(204, (await client.PatchAsync(created.Path, 0, [1], ("Upload-Checksum", "unknown !"))).Status);
        var patch = await client.PatchAsync(created.Path, 1, [2], ("Upload-Checksum", "md5 XrY7u+Ae7tCTyyK7j1rNww=="));
        Assert.Equal((204, 2L), (patch.Status, patch.Offset));
        Assert.Null(patch["Upload-Expires"]);
        // termination
        var delete = await client.DeleteAsync(created.Path);
        Assert.Equal(405, delete.Status);
        Assert.DoesNotContain("DELETE", delete["Allow"], StringComparison.Ordinal);
        Assert.Equal(2, (await client.HeadAsync(created.Path)).Offset);
    }

    [Fact]
    public async Task With_no_extension_at_all_there_is_no_list_and_no_creation()
    {
        await using var tus = await fixture.StartAsync(("Tus:Extensions", ""));
        var options = await tus.Client.SendAsync(HttpMethod.Options, "/files", null);
        Assert.Null(options["Tus-Extension"]);
        Assert.Equal(405, (await tus.Client.CreateAsync(("Upload-Length", "1"))).Status);
    }
}
