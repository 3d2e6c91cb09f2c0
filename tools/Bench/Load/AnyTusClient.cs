using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Bench.Load;

/// <summary>The calls of tus to any server. An unexpected status is a <see cref="BenchException"/>.</summary>
internal sealed class AnyTusClient : IDisposable
{
    private const string OffsetType = "application/offset+octet-stream";

    // Clients keep trying as well.
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _http;
    private readonly string? _key;

    public AnyTusClient(Uri server, string? key)
    {
        _key = key;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server, Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Add("Tus-Resumable", "1.0.0");
        if (key is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <returns>The upload's path.</returns>
    public async Task<string> CreateAsync(long length, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files");
        request.Headers.Add("Upload-Length", length.ToString(CultureInfo.InvariantCulture));
        using var response = await _http.SendAsync(request, cancellationToken);
        Expect(response, HttpStatusCode.Created);
        return new Uri(_http.BaseAddress!, response.Headers.Location!).AbsolutePath;
    }

    /// <summary>Asks until the server answers with an offset, as a client does that is told to wait.</summary>
    public async Task<long> OffsetAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var response = await _http.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.Locked)
            {
                await Task.Delay(BetweenTries, TimeProvider.System, cancellationToken);
                continue;
            }

            Expect(response, HttpStatusCode.OK);
            return OffsetOf(response);
        }
    }

    /// <returns>Null when the server closed the connection.</returns>
    public async Task<HttpStatusCode?> PatchAsync(string path, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, path) { Content = new ReadOnlyMemoryContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(OffsetType);
        request.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task<byte[]> DigestAsync(string path, CancellationToken cancellationToken)
    {
        using var response =
            await _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Expect(response, HttpStatusCode.OK);
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await SHA256.HashDataAsync(content, cancellationToken);
    }

    public Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        _http.DeleteAsync(new Uri(path, UriKind.Relative), cancellationToken);

    /// <summary>The head of a PATCH of all bytes from the offset on.</summary>
    public byte[] PatchHead(string path, long offset, long length) => Encoding.ASCII.GetBytes(
        $"PATCH {path} HTTP/1.1\r\nHost: {_http.BaseAddress!.Authority}\r\nTus-Resumable: 1.0.0\r\nContent-Type: {OffsetType}\r\n" +
        $"Upload-Offset: {offset}\r\nContent-Length: {length}\r\n{(_key is null ? "" : $"Authorization: Bearer {_key}\r\n")}\r\n");

    /// <summary>Sends at full speed until everything is sent or the connection breaks.</summary>
    public static async Task<Socket> SendAsync(Uri to, byte[] head, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(to.Host, to.Port, cancellationToken);
            _ = await socket.SendAsync(head, cancellationToken);
            while (body.Length > 0)
                body = body[await socket.SendAsync(body[..Math.Min(body.Length, 64 << 10)], cancellationToken)..];
        }
        catch (SocketException)
        {
            // This is what the benchmark measures.
        }

        return socket;
    }

    /// <summary>Completes when the server has answered or the connection has ended.</summary>
    public static async Task HearAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            _ = await socket.ReceiveAsync(new byte[1], cancellationToken);
        }
        catch (SocketException)
        {
            // The connection was reset.
        }
    }

    public void Dispose() => _http.Dispose();

    private static long OffsetOf(HttpResponseMessage response) =>
        long.Parse(response.Headers.GetValues("Upload-Offset").Single(), CultureInfo.InvariantCulture);

    private static void Expect(HttpResponseMessage response, HttpStatusCode expected)
    {
        if (response.StatusCode != expected)
            throw new BenchException(
                $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri} was answered with {(int)response.StatusCode}.");
    }
}
