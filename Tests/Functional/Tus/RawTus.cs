using System.Globalization;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>tus over a raw connection: for repeated headers, bodies that stop, and broken connections.</summary>
internal sealed class RawTus : IDisposable
{
    private readonly TestService _service;
    private readonly RawConnection _connection;

    private RawTus(TestService service, RawConnection connection) => (_service, _connection) = (service, connection);

    public static async Task<RawTus> OpenAsync(TestService service) => new(service, await RawConnection.OpenAsync(service.Address));

    /// <summary>Sends a request's head with host, key and version added.</summary>
    public Task HeadAsync(string line, params string[] headers) => BareHeadAsync(line, ["Tus-Resumable: 1.0.0", .. headers]);

    /// <summary>Sends it without the version.</summary>
    public Task BareHeadAsync(string line, params string[] headers) => _connection.SendAsync(
        $"{line} HTTP/1.1\r\nHost: {_service.Address.Authority}\r\nAuthorization: Bearer "
            + $"{_service.Key}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");

    /// <summary>Sends the head of a PATCH; without a length it is chunked.</summary>
    public Task PatchHeadAsync(string path, long offset, long? length, params string[] headers) => HeadAsync(
        $"PATCH {path}",
        [
            $"Upload-Offset: {offset}", $"Content-Type: {TusClient.OffsetType}",
            length is { } announced ? $"Content-Length: {announced}" : "Transfer-Encoding: chunked", .. headers,
        ]);

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _connection.SendAsync(bytes);

    public Task SendAsync(string text) => _connection.SendAsync(text);

    public async Task SendChunkAsync(ReadOnlyMemory<byte> bytes)
    {
        await _connection.SendAsync($"{bytes.Length:x}\r\n");
        await _connection.SendAsync(bytes);
        await _connection.SendAsync("\r\n");
    }

    /// <summary>Sends the last chunk and the trailers.</summary>
    public Task EndChunksAsync(params string[] trailers) =>
        _connection.SendAsync($"0\r\n{string.Concat(trailers.Select(trailer => trailer + "\r\n"))}\r\n");

    /// <summary>The next answer; the connection stays open.</summary>
    public async Task<TusAnswer> AnswerAsync()
    {
        var head = await _connection.ReadHeadAsync();
        while (head.StartsWith("HTTP/1.1 1", StringComparison.Ordinal))
            head = await _connection.ReadHeadAsync();
        return await ReadAsync(head);
    }

    /// <summary>Like <see cref="AnswerAsync"/>, but also returns an interim response.</summary>
    public async Task<TusAnswer> FirstAnswerAsync() => await ReadAsync(await _connection.ReadHeadAsync());

    /// <summary>Returns what the server sends until it closes the connection. The deadline ends a test that would hang.</summary>
    public Task<string> RestAsync() => _connection.ReadToEndAsync().WaitAsync(Eventually.Limit);

    public void EndSending() => _connection.EndSending();

    public void Reset() => _connection.Reset();

    public void Dispose() => _connection.Dispose();

    private async Task<TusAnswer> ReadAsync(string head)
    {
        Assert.True(head.Length > 0, "The connection was closed without an answer.");
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var status = lines[0].Split(' ', 3);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var length = headers.TryGetValue("Content-Length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        var body = await _connection.ReadBodyAsync(length);
        return new TusAnswer(int.Parse(status[1], CultureInfo.InvariantCulture), status.ElementAtOrDefault(2), headers, body);
    }
}
