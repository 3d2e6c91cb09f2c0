using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage.Nodes;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>Another node, asked over its internal endpoint.</summary>
internal sealed class NodeLink : INodeLink
{
    private const long MostOfAnswer = 16 << 20;

    private readonly NodeClient _client;

    public NodeLink(Node node, NodeSignature signature, TimeProvider time)
    {
        _client = new NodeClient(node, signature, time);
        Incarnation = node.Incarnation;
        Store = new ReadOnlyStore(new NodeFiles(node.Store, _client));
    }

    public long Incarnation { get; }

    public IReadableStore Store { get; }

    public async Task<StopAnswer> StopAsync(StopRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync<StopAnswer>(NodeRequests.Stop, StopMessage.Of(request), cancellationToken);
        }
        catch (Exception reason) when (IsFailure(reason, cancellationToken))
        {
            return StopAnswer.NotConfirmed;
        }
    }

    public async Task<MovedAnswer?> MovedAsync(MovedRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync<MovedAnswer>(NodeRequests.Moved, request, cancellationToken);
        }
        catch (Exception reason) when (IsFailure(reason, cancellationToken))
        {
            return null;
        }
    }

    public async Task<ForwardedAnswer?> ForwardAsync(ForwardedRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.ForwardAsync(JsonSerializer.SerializeToUtf8Bytes(request), cancellationToken);
            await answer.Content.LoadIntoBufferAsync(MostOfAnswer, cancellationToken);
            var headers = answer.Headers.Concat(answer.Content.Headers)
                .ToDictionary(header => header.Key, header => header.Value.ToArray(), StringComparer.OrdinalIgnoreCase);
            return new ForwardedAnswer((int)answer.StatusCode, headers, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception reason) when (IsFailure(reason, cancellationToken))
        {
            return null;
        }
    }

    public void Dispose() => _client.Dispose();

    private static bool IsFailure(Exception reason, CancellationToken cancellationToken) =>
        reason is StoreException or HttpRequestException or IOException or JsonException
        || (reason is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task<T?> AskAsync<T>(string path, object request, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request);
        using var answer = await _client.SendAsync(HttpMethod.Post, path, null, body, cancellationToken);
        return await answer.Content.ReadFromJsonAsync<T>(NodeRequests.Json, cancellationToken);
    }
}
