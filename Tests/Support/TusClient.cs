using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace ChunkUpload.Tests.Support;

/// <summary>A complete answer.</summary>
internal sealed record TusAnswer(int Status, string? Reason, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);

    public long? Offset => this["Upload-Offset"] is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    public string Path => new Uri(this["Location"]!).AbsolutePath;

    public UploadId Id => UploadId.TryParse(Path.Split('/')[^1], out var id) ? id : throw new InvalidOperationException(Path);
}

/// <summary>Sends tus requests by hand, so that each header can be present, missing, doubled or wrong.</summary>
internal sealed class TusClient(HttpClient http)
{
    public const string OffsetType = "application/offset+octet-stream";

    public HttpClient Http => http;

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Adds nothing: no version, no type.</summary>
    public async Task<TusAnswer> SendAsync(
        HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.RelativeOrAbsolute))
        {
            Content = content,
            Version =
            http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy
        };
        foreach (var (name, value) in headers)
        {
            if (name == "Content-Type" || name == "Content-Encoding" || name == "Content-Length")
            {
                request.Content ??= new ByteArrayContent([]);
                _ = request.Content.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                _ = request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await http.SendAsync(request);
        var all = response.Headers.Concat(response.Content.Headers).Concat(response.TrailingHeaders)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new TusAnswer((int)response.StatusCode, response.ReasonPhrase, all, await response.Content.ReadAsStringAsync());
    }

    public async Task<(int Status, byte[] Bytes)> ReadAsync(string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>Adds the version.</summary>
    public Task<TusAnswer> TusAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, content, [("Tus-Resumable", "1.0.0"), .. headers]);

    public Task<TusAnswer> CreateAsync(params (string Name, string Value)[] headers) => TusAsync(HttpMethod.Post, "/files", null, headers);

    /// <summary>The path of a new upload of this length.</summary>
    public async Task<string> NewAsync(long length, params (string Name, string Value)[] headers)
    {
        var created = await CreateAsync([("Upload-Length", length.ToString(CultureInfo.InvariantCulture)), .. headers]);
        Assert.Equal(201, created.Status);
        return created.Path;
    }

    public Task<TusAnswer> HeadAsync(string path) => TusAsync(HttpMethod.Head, path, null);

    public Task<TusAnswer> DeleteAsync(string path) => TusAsync(HttpMethod.Delete, path, null);

    public Task<TusAnswer> PatchAsync(string path, long offset, byte[] bytes, params (string Name, string Value)[] headers) =>
        PatchAsync(path, offset, new ByteArrayContent(bytes), headers);

    public Task<TusAnswer> PatchAsync(string path, long offset, HttpContent content, params (string Name, string Value)[] headers) =>
        TusAsync(HttpMethod.Patch, path, content,
            [("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture)), ("Content-Type", OffsetType), .. headers]);

    public async Task<byte[]> DownloadAsync(string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Uploads a whole file.</summary>
    public async Task<string> UploadAsync(byte[] bytes, params (string Name, string Value)[] headers)
    {
        var path = await NewAsync(bytes.Length, headers);
        var answer = await PatchAsync(path, 0, bytes);
        Assert.Equal((204, bytes.Length), (answer.Status, answer.Offset));
        return path;
    }
}
