using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Connections;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>
/// Adds the folders that operators provide on this machine and on those of other nodes to the connections of users. The settings determine
/// their users for each call. They are not stored, so users cannot rename or remove them, and they disappear when the settings change.
/// </summary>
internal sealed class GivenConnections(
    PostgresConnectionLedger stored, IOptions<ConnectionOptions> options, IPeopleLedger people, FolderCalls calls, OtherFolders others,
    IWorkLedger work, DataDirectory data, TimeProvider time) : IConnectionLedger
{
    private readonly LocalFolder[] _folders = [.. options.Value.LocalFolders];
    private readonly ConcurrentDictionary<Guid, bool> _bound = new();
    private readonly DateTimeOffset _since = time.GetUtcNow();

    public async Task<Connection?> FindAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken)
    {
        if (_folders.FirstOrDefault(folder => folder.IdFor(tenant, subject) == id) is { } given)
        {
            if (!given.IsFor(tenant, subject, await UserAsync(subject, cancellationToken)))
                return null;
            // Before work with it is added, which other nodes then leave to this one.
            if (data.IsOpen && !_bound.ContainsKey(id))
            {
                await work.BindFoldersAsync(data.NodeId, [id], cancellationToken);
                _bound[id] = true;
            }

            return await ConnectionOfAsync(given, tenant, subject, cancellationToken);
        }

        if (others.Find(tenant, subject, id) is { } other)
        {
            return other.Folder.IsFor(tenant, subject, await UserAsync(subject, cancellationToken))
                ? await ConnectionOfAsync(other, tenant, subject, cancellationToken)
                : null;
        }

        return await stored.FindAsync(tenant, subject, id, cancellationToken);
    }

    public async Task<IReadOnlyList<Connection>> ListAsync(string tenant, string subject, CancellationToken cancellationToken)
    {
        var found = new List<Connection>();
        var elsewhere = others.All;
        if (_folders.Length > 0 || elsewhere.Count > 0)
        {
            var user = await UserAsync(subject, cancellationToken);
            foreach (var folder in _folders.Where(folder => folder.IsFor(tenant, subject, user)))
                found.Add(await ConnectionOfAsync(folder, tenant, subject, cancellationToken));
            foreach (var other in elsewhere.Where(other => other.Folder.IsFor(tenant, subject, user)))
                found.Add(await ConnectionOfAsync(other, tenant, subject, cancellationToken));
        }

        found.AddRange(await stored.ListAsync(tenant, subject, cancellationToken));
        return found;
    }

    public Task<bool> AddAsync(Connection connection, ConnectionSecret secret, int most, CancellationToken cancellationToken) =>
        stored.AddAsync(connection, secret, most, cancellationToken);

    public Task<Connection?> GetAsync(Guid id, CancellationToken cancellationToken) => stored.GetAsync(id, cancellationToken);

    public Task<bool> SharesAccountAsync(Connection connection, CancellationToken cancellationToken) =>
        stored.SharesAccountAsync(connection, cancellationToken);

    public Task<bool> RenameAsync(string tenant, string subject, Guid id, string title, CancellationToken cancellationToken) =>
        stored.RenameAsync(tenant, subject, id, title, cancellationToken);

    public Task<bool> RemoveAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken) =>
        stored.RemoveAsync(tenant, subject, id, cancellationToken);

    public Task<HeldSecret?> SecretAsync(Guid id, CancellationToken cancellationToken) => stored.SecretAsync(id, cancellationToken);

    public Task<bool> LeaseRefreshAsync(Guid id, TimeSpan lease, CancellationToken cancellationToken) =>
        stored.LeaseRefreshAsync(id, lease, cancellationToken);

    public Task EndRefreshAsync(Guid id, CancellationToken cancellationToken) => stored.EndRefreshAsync(id, cancellationToken);

    public Task<bool> RefreshAsync(Guid id, long epoch, ConnectionSecret secret, CancellationToken cancellationToken) =>
        stored.RefreshAsync(id, epoch, secret, cancellationToken);

    public Task<bool> RenewAsync(
        string tenant, string subject, Guid id, ConnectionSecret secret, CancellationToken cancellationToken) =>
        stored.RenewAsync(tenant, subject, id, secret, cancellationToken);

    public Task SetStateAsync(Guid id, ConnectionState state, string? error, CancellationToken cancellationToken) =>
        stored.SetStateAsync(id, state, error, cancellationToken);

    public Task CheckedAsync(Guid id, StorageAccount account, CancellationToken cancellationToken) =>
        stored.CheckedAsync(id, account, cancellationToken);

    public Task HoldAsync(Guid id, TimeSpan pause, StorageFault fault, CancellationToken cancellationToken) =>
        stored.HoldAsync(id, pause, fault, cancellationToken);

    private async Task<string?> UserAsync(string subject, CancellationToken cancellationToken) =>
        SubjectId.Parse(subject)?.User is { } id ? (await people.FindUserAsync(id, cancellationToken))?.Name : null;

    private async Task<Connection> ConnectionOfAsync(
        LocalFolder folder, string tenant, string subject, CancellationToken cancellationToken)
    {
        var tree = new FolderTree(folder, calls);
        using var opened = tree.OpenFolder(FolderTree.Root).Value;
        var space = opened is null ? null : tree.Space(opened);
        return await GivenAsync(folder, tenant, subject, cancellationToken) with
        {
            Error = opened is null ? "The folder cannot be opened on the machine of this service." : null,
            UsedBytes = space?.Used,
            TotalBytes = space?.Total,
        };
    }

    private async Task<Connection> ConnectionOfAsync(
        OtherFolder other, string tenant, string subject, CancellationToken cancellationToken) =>
        await GivenAsync(other.Folder, tenant, subject, cancellationToken) with { Node = other.Node, Error = other.Trouble };

    private async Task<Connection> GivenAsync(LocalFolder folder, string tenant, string subject, CancellationToken cancellationToken)
    {
        var id = folder.IdFor(tenant, subject);
        return new Connection(id, tenant, subject, LocalFolder.KindName, folder.Name, null, ConnectionState.Ready, _since, _since)
        {
            AccountId = folder.Name,
            IsGiven = true,
            CanRead = folder.CanRead,
            CanWrite = folder.CanWrite,
            Transfers = await stored.CountTransfersAsync(id, cancellationToken),
        };
    }
}
