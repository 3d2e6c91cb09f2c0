using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Folders;

/// <summary>The files in which encrypted folders keep their keys: each is itself encrypted, for those who may open the folder.</summary>
internal sealed class FolderKeys(ServiceCalls calls, Attempts attempts, string? space)
{
    public const string FileName = ".chunkupload-key";

    private const int MostBytes = 256 << 10;

    /// <returns>Null if the folder has none.</returns>
    public async Task<EntryAnswer?> FindAsync(string folder, CancellationToken stop)
    {
        try
        {
            var entry = await attempts.PersistAsync(
                _ => calls.SendAsync(
                    calls.Request(HttpMethod.Get, AddressIn(folder) + "?format=json"), ClientJson.Default.EntryAnswer, stop), stop);
            return entry.Kind == "file" ? entry : null;
        }
        catch (TransferException failure) when (failure.Status == 404 || failure.Code == ProblemCodes.NotFolder)
        {
            return null;
        }
    }

    /// <exception cref="TransferException">No identity opens the key, or it is damaged.</exception>
    public async Task<FolderKeyFile> OpenAsync(
        EntryAnswer entry, string folder, IReadOnlyList<IContentIdentity> identities, CancellationToken stop)
    {
        var name = folder.Length == 0 ? FileName : $"{folder}/{FileName}";
        if (entry.Size > MostBytes)
            throw Damaged(name);
        var answer = await attempts.PersistAsync(
            _ => calls.SendAsync(calls.Request(HttpMethod.Get, $"api/entries/{entry.Id}/content"), stop), stop);
        var text = SealedText.Open(answer.Body, name, identities);
        try
        {
            return JsonSerializer.Deserialize(text, StateJson.Default.FolderKeyFile) is { IsValid: true } file
                ? file
                : throw Damaged(name);
        }
        catch (JsonException)
        {
            throw Damaged(name);
        }
    }

    /// <summary>The key of a folder, or else of the nearest one above it, and where the path leads with it.</summary>
    /// <returns>Null if there is none, or a folder above has a key for others.</returns>
    public async Task<OpenedFolder?> OfAsync(string folder, IReadOnlyList<IContentIdentity> identities, CancellationToken stop)
    {
        for (var at = folder; ; at = at.LastIndexOf('/') is > 0 and var slash ? at[..slash] : "")
        {
            if (await FindAsync(at, stop) is { } entry)
            {
                try
                {
                    return new OpenedFolder(at, await OpenAsync(entry, at, identities, stop));
                }
                catch (TransferException failure) when (at != folder && failure.Code == ClientCodes.WrongDecryptionKey)
                {
                    return null;
                }
            }

            if (at.Length == 0)
                return null;
        }
    }

    /// <summary>The keys of the folders below a folder, by the paths of these folders at the service, below the first one.</summary>
    public async Task<IReadOnlyDictionary<string, NestedKey>> BelowAsync(
        RemoteTree remote, IReadOnlyList<IContentIdentity> identities, CancellationToken stop)
    {
        var keys = new Dictionary<string, NestedKey>();
        await foreach (var entry in remote.ListAsync(stop))
        {
            if (entry.Kind != "file" || entry.Name != FileName || entry.Path.LastIndexOf('/') is not (> 0 and var slash))
                continue;
            var folder = entry.Path[..slash];
            try
            {
                var file = await OpenAsync(entry, remote.Path.Length == 0 ? folder : $"{remote.Path}/{folder}", identities, stop);
                keys[folder] = new NestedKey(FolderKey.Of(file), file.HidesNames);
            }
            catch (TransferException failure) when (FolderUpload.IsOfOne(failure))
            {
                keys[folder] = new NestedKey(null, HidesNames: true);
            }
        }

        return keys;
    }

    /// <param name="folder">The folder at the service.</param>
    /// <param name="file">The content of the key file.</param>
    /// <param name="how">The recipients.</param>
    /// <param name="isFirst">Whether no key may exist yet: of two concurrent runs, only one makes the key.</param>
    /// <param name="stop">Cancels the call.</param>
    /// <returns>The digest of the written content.</returns>
    /// <exception cref="TransferException">The folder has another key.</exception>
    public async Task<string> PutAsync(
        string folder, FolderKeyFile file, EncryptionOptions how, bool isFirst, CancellationToken stop)
    {
        var bytes = SealedText.Seal(how, JsonSerializer.SerializeToUtf8Bytes(file, StateJson.Default.FolderKeyFile));
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        try
        {
            _ = await attempts.PersistAsync(
                _ =>
                {
                    var request = calls.Request(
                        HttpMethod.Put, $"{AddressIn(folder)}?parents=true&conflict={(isFirst ? "fail" : "replace")}",
                        (ServiceHeaders.ContentSha256, digest));
                    request.Content = new MemoryContent(bytes, "application/octet-stream");
                    return calls.SendAsync(request, stop);
                },
                stop);
        }
        catch (TransferException failure) when (failure.Code == ProblemCodes.NameTaken)
        {
            // An earlier request, whose answer was lost, may have created the file.
            if ((await FindAsync(folder, stop))?.Sha256 != digest)
            {
                throw new TransferException(
                    TransferFailure.Conflict, "Another run has just made the key of this folder. Run the same command again.", failure)
                {
                    Code = failure.Code,
                };
            }
        }

        return digest;
    }

    /// <summary>
    /// A path as the service has it. Names may be given as they are hidden or as they read, from the folder with the key on.
    /// </summary>
    public async Task<string> ResolveAsync(string path, IReadOnlyList<IContentIdentity> identities, CancellationToken stop)
    {
        var folder = path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "";
        return await OfAsync(folder, identities, stop) is { } opened ? opened.Hide(path) : path;
    }

    private static TransferException Damaged(string name) => new(TransferFailure.Checksum, $"{name} is no key of a folder.");

    private string AddressIn(string folder) => ServiceAddress.Tree(folder.Length == 0 ? FileName : $"{folder}/{FileName}", space);
}
