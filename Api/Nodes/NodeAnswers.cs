using System.Buffers;
using System.Globalization;
using System.Text.Json;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Nodes;

/// <summary>
/// Answers signed requests of other nodes: ranges and digests of files that the ledger names in this node's store, the end of writers, what
/// moves here, and requests of clients about folders of this machine.
/// </summary>
internal sealed class NodeAnswers(
    NodeSignature signature, INodeLedger ledger, Stores stores, StopAnswers stops, MovedAnswers moved, FolderRequests folders,
    ILogger<NodeAnswers> log)
{
    /// <summary>The most bytes of a request that has a client's request in its body.</summary>
    public const int MostBytes = 2 << 20;

    private const int MostBytesBetweenNodes = 4096;

    private const int Buffer = 1 << 18;
    private const long DeviceStep = 1 << 20;

    private static readonly Action<ILogger, string, string, Exception?> Unsigned = LoggerMessage.Define<string, string>(
        LogLevel.Warning, new EventId(8103),
        "A request for {Path} from {Address} had no valid signature of a node: another cookie.key, or clocks that differ");

    public async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var body = await BodyAsync(request, context.RequestAborted);
        var path = request.Path.Value ?? "";
        if (body is null
            || !signature.IsSigned(
                request.Headers[NodeSignature.Header], request.Method, path + request.QueryString.Value, body))
        {
            Unsigned(log, path, context.Connection.RemoteIpAddress?.ToString() ?? "", null);
            response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        try
        {
            await (path switch
            {
                NodeRequests.Stop when HttpMethods.IsPost(request.Method) => StopAsync(context, body),
                NodeRequests.Moved when HttpMethods.IsPost(request.Method) => MovedAsync(context, body),
                NodeRequests.Forwarded when HttpMethods.IsPost(request.Method) => folders.AnswerAsync(
                    context, JsonSerializer.Deserialize<ForwardedRequest>(body) ?? throw new JsonException()),
                _ when Rest(path, NodeRequests.Files) is { } file => FileAsync(context, file),
                _ when Rest(path, NodeRequests.Digests) is { } file => DigestAsync(context, file),
                _ => NotHere(context),
            });
        }
        catch (Exception reason) when (reason is StoreException or LedgerUnavailableException or JsonException && !response.HasStarted)
        {
            response.StatusCode = reason switch
            {
                JsonException => StatusCodes.Status400BadRequest,
                StoreException { Error: StoreError.Missing } => StatusCodes.Status404NotFound,
                _ => StatusCodes.Status503ServiceUnavailable,
            };
        }
        catch (StoreException)
        {
            // The connection ends within the answer, so that the other node does not take it for whole.
            context.Abort();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The other node reads no further.
        }
    }

    private static StoredFile? Rest(string path, string prefix) =>
        path.StartsWith(prefix, StringComparison.Ordinal) ? NodeRequests.FileOf(path[prefix.Length..]) : null;

    private static Task NotHere(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static async Task<byte[]?> BodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is not > 0)
            return request.ContentLength is null && !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) ? null : [];
        if (request.ContentLength > (request.Path == NodeRequests.Forwarded ? MostBytes : MostBytesBetweenNodes))
            return null;
        var body = new byte[(int)request.ContentLength];
        await request.Body.ReadExactlyAsync(body, cancellationToken);
        return body;
    }

    private async Task StopAsync(HttpContext context, byte[] body)
    {
        var message = JsonSerializer.Deserialize<StopMessage>(body) ?? throw new JsonException();
        var answer = await stops.AnswerAsync(message.ToRequest(), context.RequestAborted);
        await context.Response.WriteAsJsonAsync(answer, context.RequestAborted);
    }

    private Task MovedAsync(HttpContext context, byte[] body)
    {
        var request = JsonSerializer.Deserialize<MovedRequest>(body) ?? throw new JsonException();
        return context.Response.WriteAsJsonAsync(moved.Answer(request), NodeRequests.Json, context.RequestAborted);
    }

    private async Task FileAsync(HttpContext context, StoredFile file)
    {
        if (!await IsNamedAsync(file, context.RequestAborted))
        {
            await NotHere(context);
            return;
        }

        using var reader = stores.Own.OpenRead(file);
        var response = context.Response;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            response.ContentLength = reader.Length;
            return;
        }

        if (context.Request.GetTypedHeaders().Range is not { Ranges: { Count: 1 } ranges }
            || ranges.Single() is not { From: { } from, To: { } to } || to >= reader.Length)
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            return;
        }

        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentLength = to - from + 1;
        response.GetTypedHeaders().ContentRange = new ContentRangeHeaderValue(from, to, reader.Length);
        if (context.Request.Query.ContainsKey(NodeRequests.FromDevice))
            await SendFromDeviceAsync(context, file, from, to + 1);
        else
            await SendAsync(context, reader, from, to + 1);
    }

    private static async Task SendAsync(HttpContext context, IStoredFileReader reader, long at, long end)
    {
        while (at < end)
        {
            var memory = context.Response.BodyWriter.GetMemory(Buffer);
            var read = await reader.ReadAsync(memory[..(int)Math.Min(memory.Length, end - at)], at, context.RequestAborted);
            if (read == 0)
                throw new StoreException(StoreError.Damaged, "The file is shorter than it was.");
            context.Response.BodyWriter.Advance(read);
            at += read;
            _ = await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private async Task SendFromDeviceAsync(HttpContext context, StoredFile file, long at, long end)
    {
        using var collected = new Collector();
        while (at < end)
        {
            var step = Math.Min(DeviceStep, end - at);
            if (await stores.Own.ReadFromDeviceAsync(file, at, step, [collected], context.RequestAborted) < step)
                throw new StoreException(StoreError.Damaged, "The file is shorter than it was.");
            await context.Response.Body.WriteAsync(collected.Take(), context.RequestAborted);
            at += step;
        }
    }

    private async Task DigestAsync(HttpContext context, StoredFile file)
    {
        if (!HttpMethods.IsGet(context.Request.Method) || !TryNumber(context.Request.Query["offset"], out var offset)
            || !TryNumber(context.Request.Query["length"], out var length) || !await IsNamedAsync(file, context.RequestAborted))
        {
            await NotHere(context);
            return;
        }

        var (digest, found) = await stores.Own.HashFromDeviceAsync(file, offset, length, context.RequestAborted);
        await context.Response.WriteAsync(
            string.Create(CultureInfo.InvariantCulture, $"{digest} {found}"), context.RequestAborted);
    }

    private async Task<bool> IsNamedAsync(StoredFile file, CancellationToken cancellationToken) =>
        stores.IsOwn(file) && await ledger.NamesAsync(file, cancellationToken);

    private static bool TryNumber(string? text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>Takes the bytes that a store feeds to a hash.</summary>
    private sealed class Collector : IRunningHash
    {
        private readonly ArrayBufferWriter<byte> _bytes = new((int)DeviceStep);

        public long Length => _bytes.WrittenCount;

        public void Append(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public Sha256Digest Current() => throw new NotSupportedException();

        public byte[] Save() => throw new NotSupportedException();

        public byte[] Take()
        {
            var taken = _bytes.WrittenSpan.ToArray();
            _bytes.ResetWrittenCount();
            return taken;
        }

        public void Dispose() => _bytes.Clear();
    }
}
