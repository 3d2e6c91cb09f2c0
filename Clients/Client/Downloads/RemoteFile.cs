using ChunkUpload.Client.Http;
using ChunkUpload.Client.Retrying;

namespace ChunkUpload.Client.Downloads;

/// <summary>A file at the service, with what makes its content this one.</summary>
internal sealed record RemoteFile(string Address, string Name, long Size, string Tag, string? Sha256, DateTime? Modified, string? Mode);

/// <summary>Finds files by path, id or link.</summary>
internal sealed class RemoteFiles(ServiceCalls calls, Attempts attempts)
{
    private const int IdDigits = 32;
    private const string Sha256 = "sha-256=:";

    public async Task<RemoteFile> FindAsync(string source, string? space, CancellationToken stop)
    {
        if (calls.Address.IsLink)
        {
            try
            {
                return await AskAsync(source.Length == 0 ? "content" : "tree/" + ServiceAddress.Escape(source), null, stop);
            }
            catch (TransferException failure) when (failure.Status == 404 && source.Length == 0)
            {
                throw new TransferException(
                    failure.Failure, "There is no such link, or it has ended, or it takes files and gives none.", failure)
                {
                    Code = failure.Code,
                    Status = failure.Status,
                };
            }
        }

        if (IsId(source))
        {
            try
            {
                return await AskAsync($"api/files/{source}/content", null, stop);
            }
            catch (TransferException failure) when (failure.Status == 404)
            {
                return await AskAsync($"api/entries/{source}/content", null, stop);
            }
        }

        var entry = await DescribeAsync(source, space, stop);
        // The entry keeps its id when it is renamed while it is downloaded.
        return await AskAsync($"api/entries/{entry.Id}/content", entry, stop);
    }

    /// <summary>Whether a source is looked up as the id of a file or of an entry.</summary>
    public static bool IsId(string source) => source.Length == IdDigits && source.All(char.IsAsciiHexDigitLower);

    public async Task<EntryAnswer> DescribeAsync(string path, string? space, CancellationToken stop)
    {
        var address = ServiceAddress.Tree(path.Trim('/'), space) + "?format=json&limit=1";
        var answer = await attempts.PersistAsync(
            _ => calls.SendAsync(calls.Request(HttpMethod.Get, address), ClientJson.Default.FolderAnswer, stop), stop);
        if (answer.Folder is not null)
            throw new TransferException(TransferFailure.Conflict, $"{path} is a folder.") { Code = Wire.ProblemCodes.NotFile };
        return await attempts.PersistAsync(
            _ => calls.SendAsync(calls.Request(HttpMethod.Get, address), ClientJson.Default.EntryAnswer, stop), stop);
    }

    public async Task<RemoteFile> AskAsync(string address, EntryAnswer? entry, CancellationToken stop)
    {
        var answer = await attempts.PersistAsync(_ => calls.SendAsync(calls.Request(HttpMethod.Head, address), stop), stop);
        var size = answer.ContentHeaders.ContentLength;
        if (size is null || answer.Headers.ETag is not { IsWeak: false } tag)
            throw new TransferException(TransferFailure.Refused, "This is no file that can be downloaded in ranges.");
        var name = answer.ContentHeaders.ContentDisposition is { } disposition
            ? disposition.FileNameStar ?? disposition.FileName?.Trim('"')
            : null;
        return new RemoteFile(
            address, entry?.Name ?? name ?? "download", size.Value, tag.Tag, DigestOf(answer.Header(Wire.ServiceHeaders.ReprDigest)),
            UnixTime.Parse(entry?.ModifiedAt) ?? answer.ContentHeaders.LastModified?.UtcDateTime, entry?.Mode);
    }

    /// <returns>The SHA-256 of a digest field in hex; <c>null</c> if it has none.</returns>
    public static string? DigestOf(string? field)
    {
        var at = field?.IndexOf(Sha256, StringComparison.Ordinal) ?? -1;
        var end = at < 0 ? -1 : field!.IndexOf(':', at + Sha256.Length);
        if (end < 0)
            return null;
        var bytes = new byte[32];
        return Convert.TryFromBase64String(field![(at + Sha256.Length)..end], bytes, out var written) && written == bytes.Length
            ? Convert.ToHexStringLower(bytes)
            : null;
    }
}
