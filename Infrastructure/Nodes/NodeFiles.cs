using System.Globalization;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>
/// The files of another node's store. <see cref="Storage.Nodes.ReadOnlyStore"/> makes a failure to read them an unreachable store.
/// </summary>
internal sealed class NodeFiles(Guid id, NodeClient client) : IReadableStore
{
    // The owner reads the whole range from its device before it answers.
    private static readonly TimeSpan DigestPatience = TimeSpan.FromMinutes(10);

    public Guid Id => id;

    public IStoredFileReader OpenRead(StoredFile file) =>
        new NodeFileReader(client, NodeRequests.PathOf(NodeRequests.Files, file), LengthOf(file));

    public long? Length(StoredFile file) => LengthOf(file);

    public async Task<(Sha256Digest Digest, long Length)> HashFromDeviceAsync(
        StoredFile file, long offset, long length, CancellationToken cancellationToken)
    {
        var path = string.Create(
            CultureInfo.InvariantCulture, $"{NodeRequests.PathOf(NodeRequests.Digests, file)}?offset={offset}&length={length}");
        try
        {
            using var answer = await client.SendAsync(HttpMethod.Get, path, null, null, cancellationToken, DigestPatience);
            var parts = (await answer.Content.ReadAsStringAsync(cancellationToken)).Split(' ');
            return parts is [var digest, var found] && Sha256Digest.TryParseHex(digest, out var read)
                && long.TryParse(found, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                    ? (read, bytes)
                    : throw new StoreException(StoreError.Unreachable, "the answer is no digest.");
        }
        catch (Exception reason) when (NodeClient.IsFailure(reason) && !cancellationToken.IsCancellationRequested)
        {
            throw client.Failed(reason);
        }
    }

    public async Task<long> ReadFromDeviceAsync(
        StoredFile file, long offset, long length, IReadOnlyCollection<IRunningHash> into, CancellationToken cancellationToken)
    {
        using var reader = new NodeFileReader(
            client, $"{NodeRequests.PathOf(NodeRequests.Files, file)}?{NodeRequests.FromDevice}=1", LengthOf(file));
        return await reader.FeedAsync(into, offset, length, cancellationToken);
    }

    private long LengthOf(StoredFile file)
    {
        using var answer = client.Send(HttpMethod.Head, NodeRequests.PathOf(NodeRequests.Files, file));
        return answer.Content.Headers.ContentLength
            ?? throw new StoreException(StoreError.Unreachable, "the answer has no length.");
    }
}
