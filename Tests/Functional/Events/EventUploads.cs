using System.Net.Http.Headers;
using System.Text.Json;

namespace ChunkUpload.Tests.Functional.Events;

/// <summary>Uploads by which the tests of event streams cause events.</summary>
internal static class EventUploads
{
    /// <summary>Uploads a small file in one request and returns its id.</summary>
    public static async Task<string> PutAsync(HttpClient client, string name)
    {
        using var answer = await client.PutAsync($"/api/files/{name}", new StringContent(name));
        Assert.Equal(201, (int)answer.StatusCode);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("id").GetString()!;
    }

    /// <summary>Creates an upload by tus and returns its id.</summary>
    public static async Task<string> TusAsync(HttpClient client, long size)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", $"{size}");
        using var answer = await client.SendAsync(request);
        Assert.Equal(201, (int)answer.StatusCode);
        return answer.Headers.Location!.ToString().Split('/')[^1];
    }

    public static async Task PatchAsync(HttpClient client, string id, long offset, int length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/files/{id}") { Content = new ByteArrayContent(new byte[length]) };
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Offset", $"{offset}");
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        using var answer = await client.SendAsync(request);
        Assert.Equal(204, (int)answer.StatusCode);
    }
}
