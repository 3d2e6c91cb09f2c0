using System.Collections.Concurrent;
using System.Net.Http.Headers;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Retrying;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// How long the texts of encrypted files are. The service knows the size with the header, and the headers of one folder are mostly of one
/// length: where none of those that were seen fits, the file's own is read.
/// </summary>
internal sealed class SealedSizes(ServiceCalls calls, Attempts attempts)
{
    private readonly ConcurrentDictionary<long, bool> _headers = new();

    public async Task<bool> IsOfAsync(EntryAnswer file, long text, CancellationToken stop)
    {
        if (file.Size is not { } size || size < ChunkedCipher.MessageLength(text))
            return false;
        var header = size - ChunkedCipher.MessageLength(text);
        if (_headers.ContainsKey(header))
            return true;
        if (await HeaderAsync(file, size, stop) is not { } read)
            return false;
        _headers[read.Length] = true;
        return read.Length == header;
    }

    /// <returns>Null if the name is not encrypted under the file's own key.</returns>
    /// <exception cref="TransferException">It is not encrypted, or for somebody else.</exception>
    public async Task<string?> NameAsync(EntryAnswer file, IReadOnlyList<IContentIdentity> identities, CancellationToken stop)
    {
        if (file.Size is not { } size || size == 0 || await HeaderAsync(file, size, stop) is not { } header)
            return null;
        var name = EncryptedName.Decrypt(EncryptedFile.Unwrap(header, file.Path, identities), file.Name);
        // A name that leads to another folder is none that a client has given.
        return name?.Contains('/', StringComparison.Ordinal) == true ? null : name;
    }

    private async Task<AgeHeader?> HeaderAsync(EntryAnswer file, long size, CancellationToken stop)
    {
        var answer = await attempts.PersistAsync(
            _ =>
            {
                var request = calls.Request(HttpMethod.Get, $"api/entries/{file.Id}/content");
                request.Headers.Range = new RangeHeaderValue(0, Math.Min(size, AgeHeader.MostBytes) - 1);
                return calls.SendAsync(request, stop);
            },
            stop);
        return EncryptedFile.ReadHeader(answer.Body, file.Path);
    }
}
