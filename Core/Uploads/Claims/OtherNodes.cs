using System.Collections.Immutable;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Claims;

/// <summary>
/// Asks the other nodes of the ledger to stop writers. There are none while the ledger serves one node, and then nothing is asked. No
/// answer is needed for the bytes to be right, because the ledger compares writer and epoch at each record. An answer saves what the other
/// writer has received and not recorded yet.
/// </summary>
public sealed class OtherNodes(IOptions<UploadOptions> options, TimeProvider time)
{
    private ImmutableDictionary<long, IOtherNode> _nodes = ImmutableDictionary<long, IOtherNode>.Empty;

    /// <summary>Gets a value that indicates whether any other node runs.</summary>
    public bool Any => !_nodes.IsEmpty;

    public void Add(IOtherNode node) => ImmutableInterlocked.AddOrUpdate(ref _nodes, node.Incarnation, node, (_, _) => node);

    public void Remove(long incarnation) => ImmutableInterlocked.TryRemove(ref _nodes, incarnation, out _);

    /// <summary>Asks the node of this incarnation. It confirms nothing if it does not run.</summary>
    public Task<StopAnswer> AskAsync(long incarnation, StopRequest request, CancellationToken cancellationToken) =>
        _nodes.TryGetValue(incarnation, out var node)
            ? AskAsync(node, request, cancellationToken)
            : Task.FromResult(StopAnswer.NotConfirmed);

    /// <summary>Asks all other nodes at once.</summary>
    /// <returns>The answers by incarnation.</returns>
    public async Task<IReadOnlyDictionary<long, StopAnswer>> AskAllAsync(StopRequest request, CancellationToken cancellationToken)
    {
        var nodes = _nodes;
        var answers = await Task.WhenAll(
            nodes.Values.Select(async node => (node.Incarnation, await AskAsync(node, request, cancellationToken))));
        return answers.ToDictionary();
    }

    private async Task<StopAnswer> AskAsync(IOtherNode node, StopRequest request, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await node.StopAsync(request, waiting.Token).WaitAsync(options.Value.TakeoverWait, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await waiting.CancelAsync();
            return StopAnswer.NotConfirmed;
        }
    }
}
