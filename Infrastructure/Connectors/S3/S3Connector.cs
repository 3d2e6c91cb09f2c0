using System.Collections.Concurrent;
using Amazon.S3.Model;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Infrastructure.Outbound.S3;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>Buckets of Amazon S3, Cloudflare R2, Ceph, Garage, SeaweedFS and others that speak as they do.</summary>
internal sealed class S3Connector(
    S3Clients clients, IConnectionLedger ledger, IOptions<ConnectionOptions> connections, TransferEngineOptions engine, TimeProvider time)
    : IConnector
{
    public const string KindName = "s3";

    private readonly ConcurrentDictionary<Guid, S3Abilities> _abilities = new();

    public string Kind => KindName;

    public bool NeedsConnection => true;

    public ISource? Source(ConnectorContext context) => Client(context) is { } client ? new S3Source(client) : null;

    public ISink? Sink(ConnectorContext context) => Client(context) is { } client ? new S3Sink(client, engine.PieceSize, time) : null;

    public async Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        if (Client(context) is not { } client)
            return new StorageFault(FaultKind.Refused, "The connection's settings cannot be read any more. Remove it, and add it again.");
        var asked = await AskAsync(client, cancellationToken);
        // The first answer tells the SDK by how much the clocks differ; with the second request it has been corrected.
        if (asked is { Kind: FaultKind.Transient } skewed && skewed.Sentence == S3Faults.SkewedSentence)
            asked = await AskAsync(client, cancellationToken) is { } still ? still with { Kind = FaultKind.Refused } : null;
        return asked is { } fault
            ? fault
            : new StorageAccount(client.Settings.Account, null, null) { Id = $"{client.Settings.Host}/{client.Settings.Bucket}" };
    }

    // Keys are withdrawn by who has made them.
    public Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        clients.Forget(context.Connection!.Id);
        _ = _abilities.TryRemove(context.Connection.Id, out _);
        return Task.CompletedTask;
    }

    public string? Fault(ConnectionSecret secret) =>
        AccessKey.Of(secret) is null ? "A bucket takes accessKeyId and secretAccessKey." : null;

    public string? SettingsFault(IReadOnlyDictionary<string, string> settings)
    {
        _ = S3Settings.Read(settings, connections.Value.AllowPrivateNetworks, out var fault);
        return fault;
    }

    /// <summary>Asks for one object of the place, or for the buckets.</summary>
    private static async Task<StorageFault?> AskAsync(S3Client client, CancellationToken cancellationToken)
    {
        if (S3Key.PlaceOf(client.Settings) is not { } place)
            return (await client.AskAsync("ListBuckets", (s3, stop) => s3.ListBucketsAsync(stop), cancellationToken)).Fault;
        return (await ProbeAsync(client, place, cancellationToken)).Fault;
    }

    /// <summary>Whether a folder's bucket is there and may be listed.</summary>
    public static Task<Outcome<ListObjectsV2Response>> ProbeAsync(S3Client client, S3Key folder, CancellationToken cancellationToken) =>
        client.AskAsync(
            "ListObjectsV2",
            (s3, stop) => s3.ListObjectsV2Async(
                new ListObjectsV2Request { BucketName = folder.Bucket, Prefix = folder.Key, MaxKeys = 1 }, stop),
            cancellationToken);

    /// <summary>Null: the settings, which were checked when the connection was made, are not allowed any more.</summary>
    private S3Client? Client(ConnectorContext context) =>
        S3Settings.Read(context.Connection!.Settings, connections.Value.AllowPrivateNetworks, out _) is { } settings
            ? new S3Client(clients, settings, AbilitiesOf(context, settings), ledger, context, time)
            : null;

    private S3Abilities AbilitiesOf(ConnectorContext context, S3Settings settings) => context.Trial is null
        ? _abilities.GetOrAdd(context.Connection!.Id, _ => new S3Abilities(settings.WholeBodies))
        : new S3Abilities(settings.WholeBodies);
}
