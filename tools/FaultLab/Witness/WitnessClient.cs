using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>A complete answer.</summary>
internal sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);

    public JsonNode? Json => Body.Length > 0 ? JsonNode.Parse(Body) : null;

    public long? Offset => long.TryParse(this["Upload-Offset"], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
        ? offset
        : null;

    /// <summary>The stable code of a refusal.</summary>
    public string? Code => this["X-Error-Code"]
        ?? (this["Content-Type"]?.Contains("problem+json", StringComparison.Ordinal) == true ? Json?["code"]?.GetValue<string>() : null);

    /// <summary>The path in Location.</summary>
    public string Path => new Uri(new Uri("http://x"), this["Location"] ?? "/").AbsolutePath;

    public override string ToString() => $"{Status} {Code}";
}

/// <summary>Sends requests to the service. Null means no answer, so the request's effect is unknown.</summary>
internal sealed class WitnessClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;

    /// <param name="patience">How long one answer may take; by default a minute.</param>
    public WitnessClient(Uri address, string key, TimeSpan? patience = null)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = address,
            Timeout =
            patience ?? Patience
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public async Task<Answer?> AskAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken,
            params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                _ = (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var all = response.Headers.Concat(response.Content.Headers)
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
            return new Answer((int)response.StatusCode, all, await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>A body that breaks off: the announced length is longer than what is sent before the connection closes.</summary>
internal sealed class BrokenContent(byte[] bytes, int until) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(bytes.AsMemory(0, until));
        await stream.FlushAsync();
        throw new IOException("Broken off on purpose.");
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
