using System.Globalization;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>One response on the wire, interim or final.</summary>
internal sealed record WireAnswer(int Status, string Head, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? this[string name] => Headers.GetValueOrDefault(name);

    public long? Offset => this["Upload-Offset"] is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    public string Path => new Uri(this["Location"]!).AbsolutePath;
}

/// <summary>All responses to one request.</summary>
internal sealed record WireExchange(IReadOnlyList<WireAnswer> Interim, WireAnswer Final)
{
    public IEnumerable<WireAnswer> Resumption => Interim.Where(answer => answer.Status == 104);
}

/// <summary>
/// Requests over a raw connection, so that each field can be present, missing or wrong, and every interim response is visible.
/// </summary>
internal sealed class UploadWire : IDisposable
{
    private readonly TestService _service;
    private readonly RawConnection _connection;

    private UploadWire(TestService service, RawConnection connection) => (_service, _connection) = (service, connection);

    public static async Task<UploadWire> OpenAsync(TestService service) => new(service, await RawConnection.OpenAsync(service.Address));

    /// <summary>Sends one request on a new connection; a body is sent with its length.</summary>
    public static async Task<WireExchange> SendAsync(TestService service, string line, byte[]? body, params string[] headers)
    {
        using var wire = await OpenAsync(service);
        await wire.HeadAsync(line, body is null ? headers : [.. headers, $"Content-Length: {body.Length}"]);
        if (body is { Length: > 0 })
            await wire.SendAsync(body);
        return await wire.AnswerAsync();
    }

    /// <summary>Sends a request's head with host and key added.</summary>
    public Task HeadAsync(string line, params string[] headers) => HeadAsync(line, "1.1", headers);

    /// <param name="http">The version of HTTP.</param>
    public Task HeadAsync(string line, string http, IEnumerable<string> headers) => _connection.SendAsync(
        $"{line} HTTP/{http}\r\nHost: {_service.Address.Authority}\r\nAuthorization: Bearer "
            + $"{_service.Key}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _connection.SendAsync(bytes);

    public async Task SendChunkAsync(ReadOnlyMemory<byte> bytes)
    {
        await _connection.SendAsync($"{bytes.Length:x}\r\n");
        await _connection.SendAsync(bytes);
        await _connection.SendAsync("\r\n");
    }

    /// <summary>Sends the last chunk and the trailers.</summary>
    public Task EndChunksAsync(params string[] trailers) =>
        _connection.SendAsync($"0\r\n{string.Concat(trailers.Select(trailer => trailer + "\r\n"))}\r\n");

    /// <summary>Reads up to the final response.</summary>
    public async Task<WireExchange> AnswerAsync()
    {
        var interim = new List<WireAnswer>();
        while (true)
        {
            var answer = await NextAsync();
            if (answer.Status >= 200)
                return new WireExchange(interim, answer);
            interim.Add(answer);
        }
    }

    /// <summary>The next response, interim or final. Status 0 means that the connection was closed or broken instead.</summary>
    public async Task<WireAnswer> NextAsync()
    {
        string head;
        try
        {
            head = await _connection.ReadHeadAsync().WaitAsync(Eventually.Limit);
        }
        catch (IOException)
        {
            head = "";
        }

        if (head.Length == 0)
            return new WireAnswer(0, "", new Dictionary<string, string>(), "");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var length = headers.TryGetValue("Content-Length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        return new WireAnswer(int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture), head, headers, length == 0
            ? ""
            : await _connection.ReadBodyAsync(length));
    }

    /// <summary>The interim response that reports at least this durable offset.</summary>
    public async Task<WireAnswer> DurableAsync(long offset)
    {
        while (true)
        {
            var answer = await NextAsync();
            Assert.Equal(104, answer.Status);
            if (answer.Offset >= offset)
                return answer;
        }
    }

    /// <summary>The final response, or status 0 if the connection was broken.</summary>
    public async Task<WireAnswer> AnswerOrCutAsync()
    {
        var answer = await NextAsync();
        while (answer.Status is >= 100 and < 200)
            answer = await NextAsync();
        return answer;
    }

    /// <summary>Closes the sending half, and waits until the server has recorded what came and closes too.</summary>
    public async Task BreakOffAsync()
    {
        var rest = _connection.ReadToEndAsync();
        _connection.EndSending();
        _ = await rest.WaitAsync(Eventually.Limit);
    }

    public void Dispose() => _connection.Dispose();
}
