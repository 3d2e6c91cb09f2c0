using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;

namespace ChunkUpload.Client.Downloads;

/// <summary>
/// Finds the content to read: 1. the file, whose name may be hidden in an encrypted folder; 2. if an identity is given, the key that opens
/// the file: the identity itself, or the key of a folder that it opens.
/// </summary>
internal sealed class ContentFinder(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, DownloadOptions options, TimeProvider time)
{
    // Each of them costs a request.
    private const int MostLooks = 1000;

    private readonly FolderKeys _keys = new(calls, attempts, options.Space);

    public RemoteFiles Files { get; } = new(calls, attempts);

    public async Task<RemoteContent> FindAsync(string source, CancellationToken stop)
    {
        var identities = options.Identities;
        if (calls.Address.ContentKey is { } key)
            identities = [.. identities, key];

        // 1. The file, whose name may be hidden in an encrypted folder.
        RemoteFile file;
        try
        {
            file = await Files.FindAsync(source, options.Space, stop);
        }
        catch (TransferException failure) when (failure.Status == 404 && identities.Count > 0 && !calls.Address.IsLink)
        {
            var hidden = await _keys.ResolveAsync(source, identities, stop);
            if (hidden == source)
                hidden = await FindHiddenAsync(source, identities, stop);
            if (hidden is null)
                throw;
            file = await Files.FindAsync(hidden, options.Space, stop) with { Name = source.Split('/')[^1] };
        }

        // 2.
        (board.Name, board.Size) = (file.Name, file.Size);
        var content = identities.Count == 0
            ? new RemoteContent(calls, attempts, board, file, time)
            : await OpenAsync(file, source, identities, stop);
        board.Name = content.Name;
        return content;
    }

    /// <summary>
    /// Finds a single file that was sent with a hidden name. The name is encrypted with the key of the file, so the headers of all files
    /// in the folder are read until one has the name.
    /// </summary>
    /// <returns>Null if there is none.</returns>
    private async Task<string?> FindHiddenAsync(string source, IReadOnlyList<IContentIdentity> identities, CancellationToken stop)
    {
        var slash = source.LastIndexOf('/');
        var (folder, name) = (slash < 0 ? "" : source[..slash], source[(slash + 1)..]);
        var sizes = new SealedSizes(calls, attempts);
        var looks = 0;
        await foreach (var entry in new RemoteTree(calls, attempts, folder, options.Space).EntriesAsync(isDeep: false, stop))
        {
            if (entry.Kind != "file" || !EncryptedName.IsLike(entry.Name))
                continue;
            if (looks++ == MostLooks)
                return null;
            try
            {
                if (await sizes.NameAsync(entry, identities, stop) == name)
                    return slash < 0 ? entry.Name : $"{folder}/{entry.Name}";
            }
            catch (TransferException failure) when (FolderUpload.IsOfOne(failure))
            {
                // The identities do not open the file, or it is not encrypted.
            }
        }

        return null;
    }

    /// <summary>A file of a folder under a passphrase is opened by the folder's key.</summary>
    private async Task<EncryptedContent> OpenAsync(
        RemoteFile file, string source, IReadOnlyList<IContentIdentity> identities, CancellationToken stop)
    {
        var place = options.Place ?? (calls.Address.IsLink || RemoteFiles.IsId(source) ? null : source);
        try
        {
            return await EncryptedContent.OpenAsync(calls, attempts, board, file, time, identities, place, stop);
        }
        catch (TransferException failure)
            when (failure.Code is ClientCodes.WrongDecryptionKey or ClientCodes.OtherPath && !calls.Address.IsLink)
        {
            var folder = source.LastIndexOf('/') is >= 0 and var slash ? source[..slash] : "";
            if (await _keys.OfAsync(folder, identities, stop) is not { } opened)
                throw;
            // The path may have been given with hidden names.
            place = place is null ? null : opened.ShowPath(place);
            return await EncryptedContent.OpenAsync(
                calls, attempts, board, file, time, [opened.Key, .. identities], place, stop);
        }
    }
}
