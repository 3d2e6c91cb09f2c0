using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors;

/// <summary>
/// Sends the requests of connectors, over connections that are checked like those of webhooks. It does not follow redirects: a caller that
/// does so sends another request, without credentials for another origin, and the new address is checked like the first one.
/// </summary>
internal sealed class ConnectorHttp : IDisposable
{
    private static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpMessageInvoker _invoker;
    private readonly TimeProvider _time;

    public ConnectorHttp(IOptions<ConnectionOptions> options, TimeProvider time)
    {
        _time = time;
        _invoker = new HttpMessageInvoker(OutboundHandler.Create(options.Value.AllowPrivateNetworks));
    }

    /// <summary>Sends a request whose body or response may take long; the worker's lease limits the time without progress.</summary>
    public async Task<Outcome<HttpResponseMessage>> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _invoker.SendAsync(request, cancellationToken);
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is { } fault)
        {
            return fault;
        }
    }

    /// <summary>Sends such a request for callers that handle network failures themselves.</summary>
    public Task<HttpResponseMessage> RawAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker.SendAsync(request, cancellationToken);

    /// <summary>Sends a request with a short response, and reads it.</summary>
    public async Task<Outcome<ShortAnswer>> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(MetadataTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var answer = await _invoker.SendAsync(request, either.Token);
            return await ReadAsync(answer, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new StorageFault(FaultKind.Transient, "The storage did not answer in time.");
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is { } fault)
        {
            return fault;
        }
    }

    /// <summary>Reads the body of a short response.</summary>
    /// <exception cref="AnswerTooLongException">The body has more than <see cref="AnswerLimits.MostBytes"/>.</exception>
    public static async Task<ShortAnswer> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentLength > AnswerLimits.MostBytes)
            throw new AnswerTooLongException();
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new MemoryStream();
        var buffer = new byte[16 << 10];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (bytes.Length + read > AnswerLimits.MostBytes)
                throw new AnswerTooLongException();
            bytes.Write(buffer, 0, read);
        }

        return new ShortAnswer(answer.StatusCode, answer.Headers, bytes.ToArray());
    }

    public void Dispose() => _invoker.Dispose();
}

/// <summary>A short response with its body.</summary>
internal sealed record ShortAnswer(HttpStatusCode Status, System.Net.Http.Headers.HttpResponseHeaders Headers, byte[] Body)
{
    public bool Succeeded => (int)Status is >= 200 and <= 299;

    /// <summary>Gets a JSON object without properties, for a response without a body.</summary>
    public static JsonElement Nothing { get; } = JsonDocument.Parse("{}").RootElement;

    /// <summary>
    /// Returns the body as a JSON object; <c>null</c> if it is not one, has too many elements, or has text that is not valid Unicode.
    /// </summary>
    public JsonElement? Json()
    {
        try
        {
            if (!IsReadable())
                return null;
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception reason) when (reason is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <exception cref="InvalidOperationException">An escaped text is not valid Unicode.</exception>
    private bool IsReadable()
    {
        var reader = new Utf8JsonReader(Body);
        for (var tokens = 0; reader.Read();)
        {
            if (++tokens > AnswerLimits.MostTokens)
                return false;
            if (reader.ValueIsEscaped)
                _ = reader.GetString();
        }

        return true;
    }

    public override string ToString() => $"{(int)Status}, {Body.Length} bytes";
}

/// <summary>The content of a request that sends a piece.</summary>
internal sealed class PieceContent(IPiece piece) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        piece.CopyToAsync(stream, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        piece.CopyToAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = piece.Length;
        return true;
    }
}
