using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Storage.Disk;
using Dapper;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>
/// Takes over work with this machine's folders that was another node's: a folder may have moved here, or the ledger was restored to a new
/// data directory.
/// </summary>
internal sealed class FolderBinding(LedgerCalls calls, IWorkLedger work, IOptions<ConnectionOptions> options, DataDirectory data)
    : IStartStep
{
    private const string Others = """
        select distinct f.id, f.tenant, f.subject
        from (
            select source, tenant, subject from transfers where ended_at is null
            union all select destination, tenant, subject from transfers where ended_at is null
            union all select left_connection, tenant, subject from syncs
            union all select right_connection, tenant, subject from syncs
        ) f (id, tenant, subject)
        join work_keys k on k.key = 'folder:' || f.id and k.node is distinct from @Node
        """;

    // Before work is taken.
    public int Order => StartOrder.Background + 19;

    public string Name => "folders";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var folders = options.Value.LocalFolders.ToList();
        if (folders.Count == 0)
            return;
        var others = await calls.RunAsync(
            (connection, stop) => connection.QueryAsync<(Guid Id, string Tenant, string Subject)>(
                new CommandDefinition(Others, new { Node = data.NodeId }, cancellationToken: stop)),
            cancellationToken);
        var own = others.Where(other => folders.Exists(folder => folder.IdFor(other.Tenant, other.Subject) == other.Id))
            .Select(other => other.Id).ToList();
        if (own.Count > 0)
            await work.BindFoldersAsync(data.NodeId, own, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
