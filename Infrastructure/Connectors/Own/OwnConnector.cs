using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Connectors.Own;

/// <summary>
/// The connector for the service's own files. They are read like downloads and written like uploads, with the owner's rights.
/// </summary>
internal sealed class OwnConnector(
    FileTree tree, ITreeLedger entries, IUploadLedger uploads, ContentReader content, ContentCheck check, ForeignFileWriter writer,
    FileVersions versions, LimitBook limits, ILimitLedger usage, Stores stores)
    : IConnector
{
    public string Kind => ConnectorSet.OwnKind;

    public bool NeedsConnection => false;

    public ISource Source(ConnectorContext context) => new OwnSource(context.Owner, tree, entries, uploads, content, check);

    public ISink Sink(ConnectorContext context) => new OwnSink(context.Owner, tree, entries, versions, writer);

    /// <summary>Returns the space of the strictest limit: a quota of the owner, or the store.</summary>
    public async Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        var health = stores.Health;
        var usable = Math.Max(0, health.TotalBytes - health.ReserveBytes);
        var least = new StorageAccount(null, usable - Math.Clamp(health.FreeBytes - health.ReserveBytes, 0, usable), usable);
        foreach (var (target, values) in limits.Of(context.Owner))
        {
            if (values.StoredBytes is not { } most)
                continue;
            var used = (await usage.UsageAsync(target.Tenant, target.Id, cancellationToken)).StoredBytes;
            if (most - used < least.TotalBytes - least.UsedBytes)
                least = new StorageAccount(null, used, most);
        }

        return least;
    }

    public Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    public string Fault(ConnectionSecret secret) => "The service's own files need no connection.";
}
