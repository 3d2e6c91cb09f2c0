using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Nodes;

/// <summary>What two nodes count, and show, as one service does.</summary>
public sealed partial class NodesTests
{
    [Fact]
    public async Task Requests_at_one_node_count_for_the_limits_of_the_other()
    {
        using var set = await _a.Http.PutAsJsonAsync("/api/limits/tenant/default", new { requestsPerMinute = 100_000 });
        Assert.Equal(200, (int)set.StatusCode);
        try
        {
            // Both nodes know the limit, and count from then on.
            foreach (var node in new[] { _a, _b })
                await Eventually.HoldsAsync(async () => await UsedAsync(node) is not null);
            for (var sent = 0; sent < 60; sent++)
                (await _a.Http.GetAsync("/api/files?limit=1")).Dispose();
            // Its own questions alone would not be seen: so large a limit is free again at once.
            await Eventually.HoldsAsync(async () => await UsedAsync(_b) >= 60);
        }
        finally
        {
            using var removed = await _a.Http.DeleteAsync(new Uri("/api/limits/tenant/default", UriKind.Relative));
        }
    }

    [Fact]
    public async Task Who_listens_at_one_node_follows_an_upload_that_the_other_receives()
    {
        await using var reader = await SseReader.OpenAsync(_a.Http, "/api/events?scope=all");
        var bytes = TusClient.Bytes(4 << 20, seed: 9);
        using var made = await _b.Http.PostAsJsonAsync("/api/sessions", new { fileName = "seen.bin", size = bytes.Length });
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        const int half = 1 << 19;
        await PutChunkAsync(id, bytes[..half], 0);
        while (await reader.NextAsync() is var one && !(IsOfIt(one) && one.Name == "progress"
            && one.Json.GetProperty("received").GetInt64() == half))
        {
        }

        // The other node keeps notices only while it is asked. It has been asked for that progress.
        await PutChunkAsync(id, bytes[half..(1 << 20)], half);
        while (await reader.NextAsync() is var one && !(IsOfIt(one) && one.Name == "chunk"
            && one.Json.GetProperty("chunk").GetProperty("offset").GetInt64() == half))
        {
        }

        // The end comes from the ledger, and nothing of the upload after it.
        await PutChunkAsync(id, bytes[(1 << 20)..], 1 << 20);
        using var done = await _b.Http.PostAsJsonAsync($"/api/sessions/{id}/complete", new { });
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync());
        while (await reader.NextAsync() is var one
            && !(one.Name == "completed" && one.Json.GetProperty("topic").GetProperty("id").GetString() == id))
        {
        }

        bool IsOfIt(SseEvent one) => one.Json.TryGetProperty("upload", out var upload) && upload.GetString() == id;
    }

    private async Task PutChunkAsync(string id, byte[] part, int at)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/{at}")
        {
            Content = new ByteArrayContent(part),
        };
        request.Headers.Add("X-Chunk-SHA256", TusClient.Sha256(part));
        using var kept = await _b.Http.SendAsync(request);
        Assert.True(kept.IsSuccessStatusCode, await kept.Content.ReadAsStringAsync());
    }

    private static async Task<long?> UsedAsync(TusClient node)
    {
        var limits = await node.Http.GetFromJsonAsync<JsonElement>("/api/limits");
        foreach (var one in limits.GetProperty("items").EnumerateArray())
        {
            if (one.GetProperty("name").GetString() == "requestsPerMinute" && one.GetProperty("used").ValueKind == JsonValueKind.Number)
                return one.GetProperty("used").GetInt64();
        }

        return null;
    }
}
