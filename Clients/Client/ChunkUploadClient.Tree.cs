using System.Runtime.CompilerServices;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Client;

/// <content>The calls that move no content.</content>
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

    /// <summary>Describes the entry with an id, wherever it lies now.</summary>
    /// <exception cref="TransferException">There is none, or the service cannot be asked.</exception>
    public async Task<RemoteEntry> DescribeIdAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return Entry(await CallAsync(HttpMethod.Get, $"api/entries/{Uri.EscapeDataString(id)}?limit=1", cancellationToken));
    }

    /// <summary>Lists what is in a folder, by name; with identities, names that are hidden in an encrypted folder as they read.</summary>
    /// <exception cref="TransferException">There is no such folder, or the service cannot be asked.</exception>
    public async IAsyncEnumerable<RemoteEntry> ListAsync(
        string path = "", string? space = null, bool recursive = false, IReadOnlyList<IContentIdentity>? identities = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        OpenedFolder? opened = null;
        if (identities is { Count: > 0 })
        {
            path = path.Trim('/');
            opened = await new FolderKeys(_calls, AttemptsOf(Board(path, null)), space).OfAsync(path, identities, cancellationToken);
            path = opened?.Hide(path) ?? path;
        }

        for (string? cursor = ""; cursor is not null;)
        {
            var query = $"?limit={PageSize}{(recursive ? "&recursive=true" : "")}"
                + (cursor.Length > 0 ? "&cursor=" + Uri.EscapeDataString(cursor) : "");
            var answer = await CallAsync(HttpMethod.Get, TreePath(path, space).TrimEnd('/') + "/" + query, cancellationToken);
            var page = answer.Read(ClientJson.Default.FolderAnswer);
            foreach (var item in page.Items ?? [])
                yield return RemoteEntry.Of(opened?.Show(item) ?? item);
            cursor = page.NextCursor;
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
        var word = conflict switch { NameConflict.Replace => "replace", NameConflict.Rename => "rename", _ => "fail" };
        // Moving twice is an error, so a lost answer is not repeated.
        var entry = await _calls.SendAsync(
            _calls.Json(HttpMethod.Patch, TreePath(path, space), new MoveBody(newPath.Trim('/'), true, word), ClientJson.Default.MoveBody),
            ClientJson.Default.EntryAnswer, cancellationToken);
        return RemoteEntry.Of(entry);
    }

    /// <summary>A folder comes with a page of what is in it.</summary>
    private static RemoteEntry Entry(Answer answer) =>
        RemoteEntry.Of(answer.Read(ClientJson.Default.FolderAnswer).Folder ?? answer.Read(ClientJson.Default.EntryAnswer));

    private static string TreePath(string path, string? space) => ServiceAddress.Tree(path.Trim('/'), space);

    private Task<Answer> CallAsync(HttpMethod method, string path, CancellationToken stop) =>
        AttemptsOf(Board(path, null)).PersistAsync(_ => _calls.SendAsync(_calls.Request(method, path), stop), stop);
}
