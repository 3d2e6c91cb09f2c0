using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Load;

/// <summary>The measured calls of tus 1.0. An unexpected status is a <see cref="BenchException"/>.</summary>
internal sealed class TusClient : IDisposable
{
    private readonly HttpClient _http;

    public TusClient(ServiceProcess service)
    {
        _http = new HttpClient(
            new SocketsHttpHandler { UseProxy = false })
        { BaseAddress = service.Address, Timeout = TimeSpan.FromMinutes(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
        _http.DefaultRequestHeaders.Add("Tus-Resumable", "1.0.0");
    }

    /// <returns>The path of the partial upload, which has its bytes.</returns>
    public async Task<string> UploadPartAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var path = await CreateAsync(
            [("Upload-Concat", "partial"), ("Upload-Length", bytes.Length.ToString(CultureInfo.InvariantCulture))], cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Patch, path) { Content = new ReadOnlyMemoryContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        request.Headers.Add("Upload-Offset", "0");
        (await SendAsync(request, HttpStatusCode.NoContent, cancellationToken)).Dispose();
        return path;
    }

    /// <returns>The final upload's path.</returns>
    public Task<string> JoinAsync(IEnumerable<string> parts, CancellationToken cancellationToken) =>
        CreateAsync([("Upload-Concat", "final;" + string.Join(' ', parts))], cancellationToken);

    /// <summary>Null means that the answer carries no offset, so the upload cannot be continued.</summary>
    public async Task<(long? Offset, long? Length)> HeadAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var response = await SendAsync(request, HttpStatusCode.OK, cancellationToken);
        return (Number("Upload-Offset"), Number("Upload-Length"));

        long? Number(string name) => response.Headers.TryGetValues(name, out var values)
            ? long.Parse(values.Single(), CultureInfo.InvariantCulture)
            : null;
    }

    public async Task<byte[]> RangeAsync(string path, long from, long to, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Range = new RangeHeaderValue(from, to);
        using var response = await SendAsync(request, HttpStatusCode.PartialContent, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    public Task<Stream> DownloadAsync(string path, CancellationToken cancellationToken) =>
        _http.GetStreamAsync(new Uri(path, UriKind.Relative), cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<string> CreateAsync((string Name, string Value)[] headers, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await SendAsync(request, HttpStatusCode.Created, cancellationToken);
        return response.Headers.Location!.AbsolutePath;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, HttpStatusCode expected, CancellationToken cancellationToken)
    {
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == expected)
            return response;
        using (response)
            throw new BenchException($"{request.Method} {request.RequestUri} was answered with {(int)response.StatusCode}: "
                + $"{await response.Content.ReadAsStringAsync(cancellationToken)}");
    }
}
