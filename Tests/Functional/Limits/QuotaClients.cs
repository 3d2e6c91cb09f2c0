using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>An acknowledged upload.</summary>
/// <param name="Cancel">Null if it cannot be cancelled by its creator.</param>
internal sealed record QuotaUpload(Guid Id, Func<Task>? Cancel);

/// <summary>Creates uploads of 1,000 bytes by every protocol, and with lengths that are deferred, missing or wrong.</summary>
internal sealed class QuotaClients : IDisposable
{
    private static readonly byte[] Bytes = TusClient.Bytes(QuotaParties.Size);

    private readonly Dictionary<QuotaParty, (HttpClient Http, string Prefix)> _clients = [];
    private int _names;

    public void Add(QuotaParty party, HttpClient http, string prefix) => _clients[party] = (http, prefix);

    /// <returns>Null if the upload was refused.</returns>
    public Task<QuotaUpload?> CreateAsync(int number, Random random)
    {
        var party = (QuotaParty)(number % 6);
        var (http, prefix) = _clients[party];
        var isLink = prefix.Length > 0;
        return random.Next(isLink ? 7 : 9) switch
        {
            0 => TusAsync(http, prefix, withBody: false),
            1 => TusAsync(http, prefix, withBody: true),
            2 => DeferredAsync(http, prefix),
            3 => OneRequestAsync(http, party, new ByteArrayContent(Bytes)),
            4 => OneRequestAsync(http, party, new Unannounced(Bytes)),
            5 => DraftAsync(http, prefix, random.Next(2) == 0),
            6 => JoinedAsync(http, prefix),
            7 => SessionAsync(http, QuotaParties.Size),
            _ => SessionAsync(http, null),
        };
    }

    public async Task<int> PutAsync(QuotaParty party, long size)
    {
        using var answer = await SendAsync(_clients[party].Http, Put(party, new ByteArrayContent(new byte[size])));
        return (int)answer.StatusCode;
    }

    /// <summary>Deletes files and uploads, as the operator.</summary>
    public async Task DeleteAsync(IEnumerable<(Guid Id, string Protocol, bool Completed, bool IsPart)> uploads)
    {
        var http = _clients[QuotaParty.Operator].Http;
        // Uploads before the parts of which they are made.
        foreach (var alike in uploads.GroupBy(upload => upload.IsPart).OrderBy(alike => alike.Key))
            await Task.WhenAll(alike.Select(upload => DeleteAsync(http, upload.Id, upload.Protocol, upload.Completed)));

        static async Task DeleteAsync(HttpClient http, Guid id, string protocol, bool completed)
        {
            var folder = protocol switch
            {
                "tus" => "/files",
                _ when completed => "/api/files",
                "session" => "/api/sessions",
                _ => "/uploads",
            };
            using var answer = await SendAsync(http, Tus(HttpMethod.Delete, $"{folder}/{id:n}", protocol == "tus"));
            Assert.True(answer.IsSuccessStatusCode, $"{protocol} {answer.StatusCode}");
        }
    }

    public void Dispose()
    {
        foreach (var (http, _) in _clients.Values)
            http.Dispose();
    }

    private static async Task<QuotaUpload?> TusAsync(HttpClient http, string prefix, bool withBody)
    {
        using var request = Tus(HttpMethod.Post, $"{prefix}/files");
        request.Headers.Add("Upload-Length", $"{QuotaParties.Size}");
        if (withBody)
            request.Content = OfOffset(Bytes);
        using var answer = await SendAsync(http, request);
        return Made(http, answer, cancels: !withBody);
    }

    private static async Task<QuotaUpload?> DeferredAsync(HttpClient http, string prefix)
    {
        using var request = Tus(HttpMethod.Post, $"{prefix}/files");
        request.Headers.Add("Upload-Defer-Length", "1");
        using var answer = await SendAsync(http, request);
        if (Made(http, answer, cancels: true) is not { } made)
            return null;
        var (half, location) = (QuotaParties.Size / 2, answer.Headers.Location!.AbsolutePath);
        foreach (var offset in new[] { 0, half })
        {
            using var patch = Tus(HttpMethod.Patch, location);
            patch.Headers.Add("Upload-Offset", $"{offset}");
            patch.Content = OfOffset(Bytes[offset..(offset + half)]);
            if (offset > 0)
                patch.Headers.Add("Upload-Length", $"{QuotaParties.Size}");
            using var patched = await SendAsync(http, patch);
            if (patched.IsSuccessStatusCode)
                continue;
            await made.Cancel!();
            return null;
        }

        return made with { Cancel = null };
    }

    private async Task<QuotaUpload?> OneRequestAsync(HttpClient http, QuotaParty party, HttpContent content)
    {
        using var answer = await SendAsync(http, Put(party, content));
        // Through a link, the answer is all that the client learns.
        if (!answer.IsSuccessStatusCode || _clients[party].Prefix.Length > 0)
            return null;
        var view = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return new QuotaUpload(Guid.Parse(view.GetProperty("id").GetString()!), null);
    }

    /// <summary>The draft's one request; announces twice what it sends where <paramref name="lies"/> is set.</summary>
    private static async Task<QuotaUpload?> DraftAsync(HttpClient http, string prefix, bool lies)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{prefix}/uploads") { Content = new Unannounced(Bytes) };
        request.Headers.Add("Upload-Draft-Interop-Version", "8");
        request.Headers.Add("Upload-Complete", "?1");
        if (lies)
            request.Headers.Add("Upload-Length", $"{QuotaParties.Size / 2}");
        using var answer = await SendAsync(http, request);
        Assert.False(lies && answer.IsSuccessStatusCode);
        return Made(http, answer, cancels: false);
    }

    private static async Task<QuotaUpload?> JoinedAsync(HttpClient http, string prefix)
    {
        using var partial = Tus(HttpMethod.Post, $"{prefix}/files");
        partial.Headers.Add("Upload-Concat", "partial");
        partial.Headers.Add("Upload-Length", $"{QuotaParties.Size}");
        partial.Content = OfOffset(Bytes);
        using var part = await SendAsync(http, partial);
        if (Made(http, part, cancels: true) is not { } made)
            return null;
        using var final = Tus(HttpMethod.Post, $"{prefix}/files");
        final.Headers.TryAddWithoutValidation("Upload-Concat", $"final;{part.Headers.Location!.AbsolutePath}");
        using var answer = await SendAsync(http, final);
        // The part has no use without it.
        if (!answer.IsSuccessStatusCode)
            await made.Cancel!();
        return Made(http, answer, cancels: false);
    }

    private static async Task<QuotaUpload?> SessionAsync(HttpClient http, long? size)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/sessions")
        {
            Content = JsonContent.Create(new { fileName = "s.bin", size }),
        };
        using var answer = await SendAsync(http, request);
        if (!answer.IsSuccessStatusCode)
            return null;
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        var made = new QuotaUpload(Guid.Parse(id), async () => (await http.DeleteAsync($"/api/sessions/{id}")).Dispose());
        using var put = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/0") { Content = new ByteArrayContent(Bytes) };
        put.Headers.Add("X-Chunk-SHA256", TusClient.Sha256(Bytes));
        using var sent = await SendAsync(http, put);
        if (sent.IsSuccessStatusCode)
            return made;
        await made.Cancel!();
        return null;
    }

    private HttpRequestMessage Put(QuotaParty party, HttpContent content)
    {
        var prefix = _clients[party].Prefix;
        return new(HttpMethod.Put, $"{(prefix.Length > 0 ? prefix : "/api")}/files/{Interlocked.Increment(ref _names)}.bin")
        {
            Content = content,
        };
    }

    private static QuotaUpload? Made(HttpClient http, HttpResponseMessage answer, bool cancels)
    {
        if (!answer.IsSuccessStatusCode)
            return null;
        var location = answer.Headers.Location!.AbsolutePath;
        return new QuotaUpload(
            Guid.Parse(location.Split('/')[^1]),
            cancels ? async () => (await http.SendAsync(Tus(HttpMethod.Delete, location))).Dispose() : null);
    }

    /// <summary>Refusals are expected, faults of the service are not.</summary>
    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpRequestMessage request)
    {
        var answer = await http.SendAsync(request);
        Assert.True((int)answer.StatusCode is < 500 or 503, $"{request.Method} {request.RequestUri}: {answer.StatusCode}");
        return answer;
    }

    private static HttpRequestMessage Tus(HttpMethod method, string path, bool named = true)
    {
        var request = new HttpRequestMessage(method, path);
        if (named)
            request.Headers.Add("Tus-Resumable", "1.0.0");
        return request;
    }

    private static ByteArrayContent OfOffset(byte[] bytes) =>
        new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(TusClient.OffsetType) } };

    /// <summary>A body without a length.</summary>
    private sealed class Unannounced(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
