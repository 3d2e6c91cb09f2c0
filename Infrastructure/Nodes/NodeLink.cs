using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage.Nodes;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>Another node, asked over its internal endpoint.</summary>
internal sealed class NodeLink : INodeLink
{
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
            var body = JsonSerializer.SerializeToUtf8Bytes(StopMessage.Of(request));
            using var answer = await _client.SendAsync(HttpMethod.Post, NodeRequests.Stop, null, body, cancellationToken);
            return await answer.Content.ReadFromJsonAsync<StopAnswer>(cancellationToken);
        }
        catch (Exception reason) when (
            reason is StoreException or HttpRequestException or IOException or JsonException
            || (reason is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return StopAnswer.NotConfirmed;
        }
    }

    public void Dispose() => _client.Dispose();
}
