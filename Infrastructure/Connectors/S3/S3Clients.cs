using System.Collections.Concurrent;
using Amazon.S3;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;
using ChunkUpload.Infrastructure.Outbound.S3;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>The SDK's clients, one for each connection, over connections that are checked as those of webhooks are.</summary>
internal sealed class S3Clients(IOptions<ConnectionOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, Known> _known = new();
    private readonly S3Sdk _sdk = new(OutboundHandler.Create(options.Value.AllowPrivateNetworks));

    /// <summary>The client of a key that was read within a second, because small files come faster; null: read the key.</summary>
    public AmazonS3Client? Recent(Guid connection) =>
        _known.TryGetValue(connection, out var known) && time.GetElapsedTime(known.ReadAt) < RememberFor ? known.Client : null;

    /// <param name="epoch">Of the secret: a replaced key gets another client.</param>
    public AmazonS3Client Get(Guid connection, long epoch, S3Settings settings, AccessKey key)
    {
        var client = _known.TryGetValue(connection, out var known) && known.Epoch == epoch ? known.Client : Make(settings, key);
        _known[connection] = new Known(epoch, client, time.GetTimestamp());
        return client;
    }

    public void Forget(Guid connection) => _known.TryRemove(connection, out _);

    public void Dispose() => _sdk.Dispose();

    /// <summary>A client that is not remembered.</summary>
    public AmazonS3Client Make(S3Settings settings, AccessKey key) => _sdk.Make(settings, key);

    private sealed record Known(long Epoch, AmazonS3Client Client, long ReadAt);
}
