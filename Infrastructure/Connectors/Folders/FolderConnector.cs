using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>The connector for folders of this machine that the operator provides. Users cannot add any.</summary>
internal sealed class FolderConnector(
    IOptions<ConnectionOptions> options, FolderCalls calls, FolderWatches watches, TimeProvider time) : IConnector
{
    public string Kind => LocalFolder.KindName;

    public bool NeedsConnection => false;

    public ISource? Source(ConnectorContext context) => TreeOf(context) is { } tree
        ? new FolderSource(tree, watches, context.Connection!.Id)
        : null;

    public ISink? Sink(ConnectorContext context) => TreeOf(context) is { Folder.CanWrite: true } tree ? new FolderSink(tree, time) : null;

    public async Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (TreeOf(context) is not { } tree)
            return FolderTree.Gone();
        var opened = tree.OpenFolder(FolderTree.Root);
        if (!opened.Ok)
            return opened.Fault;
        using var at = opened.Value;
        var space = tree.Space(at);
        return new StorageAccount(null, space?.Used, space?.Total);
    }

    public Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    public string Fault(ConnectionSecret secret) => "The operator gives folders by Connections:Folders.";

    /// <summary>Returns the system calls for connectors in this process.</summary>
    public static FolderCalls CallsOf(IServiceProvider services)
    {
        var data = services.GetRequiredService<IOptions<DataOptions>>().Value.Directory;
        return new FolderCalls(Syscalls.Real, Paths.Look(data));
    }

    // The owner's access to the folder is checked again for each attempt.
    private FolderTree? TreeOf(ConnectorContext context) => context.Connection is { Node: { } node } elsewhere
        ? throw new FolderElsewhereException(elsewhere.Id, elsewhere.Title, node)
        : options.Value.LocalFolders.FirstOrDefault(one => one.Name == context.Connection?.AccountId) is { } folder
            ? new FolderTree(folder, calls)
            : null;
}
