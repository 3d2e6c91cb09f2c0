using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>
/// Adds the folders that the operator provides to the connections of users. The settings determine their users for each call. They are not
/// stored, so users cannot rename or remove them, and they disappear when the settings change.
/// </summary>
internal sealed class GivenConnections(
    PostgresConnectionLedger stored, IOptions<ConnectionOptions> options, IPeopleLedger people, FolderCalls calls,
    TimeProvider time) : IConnectionLedger
{
    private readonly LocalFolder[] _folders = [.. options.Value.LocalFolders];
    private readonly DateTimeOffset _since = time.GetUtcNow();

    public async Task<Connection?> FindAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken)
    {
        if (_folders.FirstOrDefault(folder => IdOf(folder, tenant, subject) == id) is not { } given)
            return await stored.FindAsync(tenant, subject, id, cancellationToken);
        return (await GivenAsync(tenant, subject, cancellationToken)).Contains(given)
            ? await ConnectionOfAsync(given, tenant, subject, cancellationToken)
            : null;
    }

    public async Task<IReadOnlyList<Connection>> ListAsync(string tenant, string subject, CancellationToken cancellationToken)
    {
        var found = new List<Connection>();
        foreach (var folder in await GivenAsync(tenant, subject, cancellationToken))
            found.Add(await ConnectionOfAsync(folder, tenant, subject, cancellationToken));
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

    private async Task<IReadOnlyList<LocalFolder>> GivenAsync(string tenant, string subject, CancellationToken cancellationToken)
    {
        if (_folders.Length == 0)
            return [];
        var user = SubjectId.Parse(subject)?.User is { } id ? (await people.FindUserAsync(id, cancellationToken))?.Name : null;
        return [.. _folders.Where(folder => folder.IsFor(tenant, subject, user))];
    }

    private async Task<Connection> ConnectionOfAsync(
        LocalFolder folder, string tenant, string subject, CancellationToken cancellationToken)
    {
        var id = IdOf(folder, tenant, subject);
        var tree = new FolderTree(folder, calls);
        using var opened = tree.OpenFolder(FolderTree.Root).Value;
        var space = opened is null ? null : tree.Space(opened);
        return new Connection(id, tenant, subject, LocalFolder.KindName, folder.Name, null, ConnectionState.Ready, _since, _since)
        {
            AccountId = folder.Name,
            IsGiven = true,
            CanRead = folder.CanRead,
            CanWrite = folder.CanWrite,
            Error = opened is null ? "The folder cannot be opened on the machine of this service." : null,
            UsedBytes = space?.Used,
            TotalBytes = space?.Total,
            Transfers = await stored.CountTransfersAsync(id, cancellationToken),
        };
    }

    // The same for a folder and its user as long as the settings name them.
    private static Guid IdOf(LocalFolder folder, string tenant, string subject) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{LocalFolder.KindName}\n{tenant}\n{subject}\n{folder.Name}")).AsSpan(0, 16));
}
