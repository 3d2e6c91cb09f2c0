using System.Runtime.CompilerServices;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Client;

/// <content>Calls that transfer no content.</content>
public sealed partial class ChunkUploadClient
{
    private const int PageSize = 1000;

    /// <summary>Describes the entry at a path.</summary>
    /// <exception cref="TransferException">There is none, or the service cannot be asked.</exception>
    public async Task<RemoteEntry> DescribeAsync(string path, string? space = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Entry(await CallAsync(HttpMethod.Get, $"{TreePath(path, space)}?format=json&limit=1", cancellationToken));
    }

    /// <summary>Describes the entry with an id, at its current path.</summary>
    /// <exception cref="TransferException">There is none, or the service cannot be asked.</exception>
    public async Task<RemoteEntry> DescribeIdAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return Entry(await CallAsync(HttpMethod.Get, $"api/entries/{Uri.EscapeDataString(id)}?limit=1", cancellationToken));
    }

    /// <summary>Lists the entries of a folder by name. With identities, encrypted names are decrypted.</summary>
    /// <exception cref="TransferException">There is no such folder, or the service cannot be asked.</exception>
    public async IAsyncEnumerable<RemoteEntry> ListAsync(
        string path = "", string? space = null, bool recursive = false, IReadOnlyList<IContentIdentity>? identities = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        path = path.Trim('/');
        OpenedFolder? opened = null;
        FolderCipher? cipher = null;
        if (identities is { Count: > 0 })
        {
            var attempts = AttemptsOf(Board(path, null));
            var keys = new FolderKeys(_calls, attempts, space);
            opened = await keys.OfAsync(path, identities, cancellationToken);
            path = opened?.Hide(path) ?? path;
            if (recursive)
            {
                var nested = await keys.BelowAsync(new RemoteTree(_calls, attempts, path, space), identities, cancellationToken);
                cipher = nested.Count == 0 ? null : new FolderCipher(null, opened?.Names, nested);
            }
        }

        var address = $"{TreePath(path, space).TrimEnd('/')}/?limit={PageSize}{(recursive ? "&recursive=true" : "")}";
        var pages = Pages.AllAsync(
            async cursor => (await CallAsync(HttpMethod.Get, address + cursor, cancellationToken)).Read(ClientJson.Default.FolderAnswer),
            cancellationToken);
        await foreach (var page in pages)
        {
            foreach (var item in page.Items ?? [])
            {
                if (path.Length > 0 && !item.Path.StartsWith(path + "/", StringComparison.Ordinal))
                    throw TransferException.Invalid($"The service lists {item.Path} in {path}, where it cannot be.");
                yield return RemoteEntry.Of(Shown(item));
            }
        }

        EntryAnswer Shown(EntryAnswer item)
        {
            if (cipher is null)
                return opened?.Show(item) ?? item;
            var below = item.Path[(path.Length == 0 ? 0 : path.Length + 1)..];
            if (cipher.Show(below) is not { } shown)
                return item;
            var root = opened?.ShowPath(path) ?? path;
            return item with
            {
                Path = root.Length == 0 ? shown : $"{root}/{shown}",
                Name = shown.Split('/')[^1],
                LinkTarget = cipher.ShowTarget(below, item.LinkTarget) ?? item.LinkTarget,
            };
        }
    }

    /// <summary>Moves an entry, with all that is in it, to the trash.</summary>
    /// <exception cref="TransferException">There is none, or the service cannot be asked.</exception>
    public Task DeleteAsync(string path, string? space = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return CallAsync(HttpMethod.Delete, TreePath(path, space), cancellationToken);
    }

    /// <summary>Renames or moves an entry; missing folders are made.</summary>
    /// <exception cref="TransferException">There is none, the new name is taken, or the service cannot be asked.</exception>
    public async Task<RemoteEntry> MoveAsync(
        string path, string newPath, NameConflict conflict = NameConflict.Fail, string? space = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(newPath);
        // Moving twice is an error, so a lost answer is not repeated.
        var entry = await _calls.SendAsync(
            _calls.Json(
                HttpMethod.Patch, TreePath(path, space), new MoveBody(newPath.Trim('/'), true, Word(conflict)),
                ClientJson.Default.MoveBody),
            ClientJson.Default.EntryAnswer, cancellationToken);
        return RemoteEntry.Of(entry);
    }

    /// <summary>The answer for a folder includes a page of its entries.</summary>
    private static RemoteEntry Entry(Answer answer) =>
        RemoteEntry.Of(answer.Read(ClientJson.Default.FolderAnswer).Folder ?? answer.Read(ClientJson.Default.EntryAnswer));

    private static string TreePath(string path, string? space) => ServiceAddress.Tree(path.Trim('/'), space);

    private Task<Answer> CallAsync(HttpMethod method, string path, CancellationToken stop) =>
        AttemptsOf(Board(path, null)).PersistAsync(_ => _calls.SendAsync(_calls.Request(method, path), stop), stop);
}
