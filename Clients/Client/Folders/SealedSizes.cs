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
        var answer = await attempts.PersistAsync(
            _ =>
            {
                var request = calls.Request(HttpMethod.Get, $"api/entries/{file.Id}/content");
                request.Headers.Range = new RangeHeaderValue(0, Math.Min(size, AgeHeader.MostBytes) - 1);
                return calls.SendAsync(request, stop);
            },
            stop);
        if (EncryptedFile.ReadHeader(answer.Body, file.Path) is not { } read)
            return false;
        _headers[read.Length] = true;
        return read.Length == header;
    }
}
