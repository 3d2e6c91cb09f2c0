using System.Runtime.CompilerServices;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Client;

/// <content>Folders, copies, the trash, and what is left of limits.</content>
public sealed partial class ChunkUploadClient
{
    /// <summary>Makes a folder, and those above it, where they are missing.</summary>
    /// <exception cref="TransferException">Something else has the name, or the service cannot be asked.</exception>
    public async Task<RemoteEntry> MakeFolderAsync(string path, string? space = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Entry(await CallAsync(HttpMethod.Put, $"{TreePath(path, space)}/?parents=true", cancellationToken));
    }

    /// <summary>Copies a file or a folder at the service, which moves no byte; missing folders are made.</summary>
    /// <param name="path">What is copied.</param>
    /// <param name="newPath">The path of the copy.</param>
    /// <param name="conflict">When the name is taken.</param>
    /// <param name="space">The id of the space of both paths; null means the default one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The copy, and how many entries of a folder could not be copied because they were changed meanwhile.</returns>
    /// <exception cref="TransferException">There is none, the new name is taken, or the service cannot be asked.</exception>
    public async Task<(RemoteEntry Copy, long LeftOut)> CopyAsync(
        string path, string newPath, NameConflict conflict = NameConflict.Fail, string? space = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(newPath);
        // A lost answer is not repeated: there might be a second copy.
        var answer = await _calls.SendAsync(
            _calls.Json(
                HttpMethod.Post, SpacePath("tree/copy", space), new CopyBody(path.Trim('/'), newPath.Trim('/'), true, Word(conflict)),
                ClientJson.Default.CopyBody),
            cancellationToken);
        return (RemoteEntry.Of(answer.Read(ClientJson.Default.EntryAnswer)), answer.Read(ClientJson.Default.CopyAnswer).LeftOut);
    }

    /// <summary>Lists what was deleted, and earlier contents of files, the newest first.</summary>
    /// <exception cref="TransferException">The service cannot be asked.</exception>
    public async IAsyncEnumerable<TrashItem> ListTrashAsync(
        string? space = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var address = $"{SpacePath("trash", space)}?limit={PageSize}";
        var pages = Pages.AllAsync(
            async cursor => (await CallAsync(HttpMethod.Get, address + cursor, cancellationToken)).Read(ClientJson.Default.PageTrashAnswer),
            cancellationToken);
        await foreach (var page in pages)
        {
            foreach (var item in page.Items)
                yield return item.ToItem();
        }
    }

    /// <summary>Brings a deleted entry, or an earlier content of a file, back.</summary>
    /// <param name="id">The id of the item of the trash.</param>
    /// <param name="version">The number of an earlier content; null means the deleted entry.</param>
    /// <param name="path">Another path than its own; null means its own.</param>
    /// <param name="conflict">When the name is taken.</param>
    /// <param name="space">The id of the space; null means the default one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TransferException">It is not in the trash, the name is taken, or the service cannot be asked.</exception>
    public async Task<RemoteEntry> RestoreAsync(
        string id, int? version = null, string? path = null, NameConflict conflict = NameConflict.Fail, string? space = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        // A second attempt would find nothing in the trash, so a lost answer is not repeated.
        return RemoteEntry.Of(await _calls.SendAsync(
            _calls.Json(
                HttpMethod.Post, SpacePath($"trash/{Uri.EscapeDataString(id)}/restore", space),
                new RestoreBody(version, path?.Trim('/'), Word(conflict)), ClientJson.Default.RestoreBody),
            ClientJson.Default.EntryAnswer, cancellationToken));
    }

    /// <summary>Gives one item of the trash up. It cannot be restored any more.</summary>
    /// <exception cref="TransferException">It is not in the trash, or the service cannot be asked.</exception>
    public Task DeleteForGoodAsync(string id, int? version = null, string? space = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return CallAsync(
            HttpMethod.Delete,
            SpacePath($"trash/{Uri.EscapeDataString(id)}{(version is { } number ? $"?version={number}" : "")}", space), cancellationToken);
    }

    /// <summary>Gives all that is in the trash up. It cannot be restored any more.</summary>
    /// <exception cref="TransferException">The service cannot be asked.</exception>
    public Task EmptyTrashAsync(string? space = null, CancellationToken cancellationToken = default) =>
        CallAsync(HttpMethod.Delete, SpacePath("trash", space), cancellationToken);

    /// <summary>The limits that hold for the key, with what is used of them.</summary>
    /// <exception cref="TransferException">The service cannot be asked.</exception>
    public async Task<IReadOnlyList<ServiceLimit>> GetLimitsAsync(CancellationToken cancellationToken = default) =>
        (await CallAsync(HttpMethod.Get, "api/limits", cancellationToken)).Read(ClientJson.Default.PageServiceLimit).Items;

    private static string SpacePath(string path, string? space) =>
        space is null ? $"api/{path}" : $"api/spaces/{Uri.EscapeDataString(space)}/{path}";

    private static string Word(NameConflict conflict) =>
        conflict switch { NameConflict.Replace => "replace", NameConflict.Rename => "rename", _ => "fail" };
}
