using System.Net.Http.Headers;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T152, T177: offsets beyond 32 bits, without writing as many bytes.</summary>
[Collection(TusCollection.Name)]
public sealed class LargeOffsetTests(TusFixture fixture)
{
    [Fact]
    public async Task Offsets_and_ranges_go_beyond_4_GiB()
    {
        // A part of this size may be listed sixteen times.
        const int Part = 8 << 20, Parts = 34, Times = 16 * Parts;
        await using var tus = await fixture.StartAsync();
        var bytes = TusClient.Bytes(Part);
        var parts = new List<string>();
        while (parts.Count < Parts)
            parts.Add(await tus.Client.UploadAsync(bytes, ("Upload-Concat", "partial")));
        var final = await tus.Client.CreateAsync(
            ("Upload-Concat", "final;" + string.Join(' ', parts.SelectMany(part => Enumerable.Repeat(part, 16)))));
        Assert.Equal(201, final.Status);
        var head = await tus.Client.HeadAsync(final.Path);
        Assert.Equal(((long)Part * Times, "4563402752"), (head.Offset, head["Upload-Length"]));

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(final.Path, UriKind.Relative));
        request.Headers.Range = new RangeHeaderValue(4_300_000_000, 4_300_000_099);
        using var answer = await tus.Service.Client.SendAsync(request);
        Assert.Equal("bytes 4300000000-4300000099/4563402752", answer.Content.Headers.ContentRange!.ToString());
        Assert.Equal(Enumerable.Range(0, 100).Select(i => bytes[(4_300_000_000 + i) % Part]), await answer.Content.ReadAsByteArrayAsync());

        // Lengths and offsets of an upload without bytes.
        var large = await tus.Client.NewAsync(5_000_000_000);
        Assert.Equal("5000000000", (await tus.Client.HeadAsync(large))["Upload-Length"]);
        Assert.Equal(409, (await tus.Client.PatchAsync(large, 4_294_967_296, [1])).Status);
    }
}
