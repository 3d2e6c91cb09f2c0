using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Tus;

[Collection(PostgresCollection.Name)]
public sealed class PatchTests(TusFixture tus) : IClassFixture<TusFixture>
{
    private readonly TusClient _client = tus.Client;

    [Fact]
    public async Task Appends_and_tells_the_new_offset()
    {
        var bytes = TusClient.Bytes(100_000);
        var path = await _client.NewAsync(bytes.Length);

        var first = await _client.PatchAsync(path, 0, bytes[..40_000]);
        Assert.Equal((204, 40_000L), (first.Status, first.Offset));
        var second = await _client.PatchAsync(path, 40_000, bytes[40_000..]);
        Assert.Equal((204, 100_000L), (second.Status, second.Offset));
        Assert.Equal(bytes, await _client.DownloadAsync(path));
    }
}
