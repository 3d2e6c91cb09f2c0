using System.Net;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Wire;

/// <summary>
/// From the socket to the device without a copy: the bytes of a fast client are received into aligned memory, wherever the request's head
/// ended.
/// </summary>
public sealed class LongRunsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Whole = 6 << 20, Ragged = Whole + 777, Run = 256 << 10;

    // On a busy machine every client is a slow sender, whose bytes take the other path.
    private const int Tries = 20;

    [Fact]
    public async Task A_stream_goes_past_the_page_cache_and_is_what_was_sent()
    {
        var calls = new FaultySyscalls();
        await using var service = await StartAsync(calls);
        var bytes = TusClient.Bytes(2 * Ragged);
        var tus = new TusClient(service.Client);
        for (var turn = 0; turn < Tries && LongWrites(calls) == 0; turn++)
        {
            var created = await tus.CreateAsync(("Upload-Length", $"{bytes.Length}"));
            Assert.Equal(204, (await tus.PatchAsync(created.Path, 0, bytes[..Ragged])).Status);
            // It continues in the middle of a page.
            calls.Seen.Clear();
            Assert.Equal(204, (await tus.PatchAsync(created.Path, Ragged, bytes[Ragged..])).Status);
            Assert.Equal(bytes, await tus.DownloadAsync(created.Path));
        }

        Assert.NotEqual(0, LongWrites(calls));
    }

    [Theory]
    [InlineData(Whole)]
    [InlineData(Ragged)]
    public async Task Chunks_of_a_session_and_their_merge_bypass_the_page_cache(int chunk)
    {
        var calls = new FaultySyscalls();
        await using var service = await StartAsync(calls);
        service.Services.GetRequiredService<DiskStore>().CannotClone = true;
        var api = new ApiClient(service);
        var bytes = ApiClient.Bytes((2 * chunk) + 1000);
        for (var turn = 0; turn < Tries && LongWrites(calls) == 0; turn++)
        {
            var id = await api.CreateIdAsync(bytes.Length);
            for (var offset = 2 * chunk; offset >= 0; offset -= chunk)
                _ = await api.PutOkAsync(id, offset, bytes[offset..Math.Min(offset + chunk, bytes.Length)]);
            using var answer = await api.CompleteAsync(id);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(bytes, await service.Client.GetByteArrayAsync(ApiClient.At($"/api/files/{id}/content")));
        }

        Assert.NotEqual(0, LongWrites(calls));
    }

    private Task<TestService> StartAsync(FaultySyscalls calls) => TestService.StartAsync(postgres, replace: FaultyStore.With(calls));

    private static int LongWrites(FaultySyscalls calls)
    {
        var direct = new HashSet<string>();
        var writes = 0;
        foreach (var call in calls.Seen)
        {
            if (call.Name == nameof(ISyscalls.SetDirect))
                _ = call.Length == 1 ? direct.Add(call.Path) : direct.Remove(call.Path);
            else if (call.Name == nameof(ISyscalls.Pwrite) && direct.Contains(call.Path))
                writes++;
        }

        return writes;
    }
}
