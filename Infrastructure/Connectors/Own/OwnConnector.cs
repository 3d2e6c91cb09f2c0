using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Connectors.Own;

/// <summary>
/// The service's own files. They are read with the owner's rights, as any download is, and written as any upload is.
/// </summary>
internal sealed class OwnConnector(
    FileTree tree, ITreeLedger entries, IUploadQueryLedger uploads, ContentReader content, ContentCheck check, ForeignFileWriter writer)
    : IConnector
{
    public string Kind => ConnectorSet.OwnKind;

    public bool NeedsConnection => false;

    public ISource Source(ConnectorContext context) => new OwnSource(context.Owner, tree, entries, uploads, content, check);

    public ISink Sink(ConnectorContext context) => new OwnSink(context.Owner, tree, entries, writer);

    public Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<StorageAccount>>(new StorageAccount(null, null, null));

    public Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    public string Fault(ConnectionSecret secret) => "The service's own files need no connection.";
}
