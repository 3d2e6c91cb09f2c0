using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// Finds out whether a path of the service already has the content of a local file, so that it is neither sent again nor becomes a new
/// version: first by the size, and only then by the SHA-256, for which the file is read.
/// </summary>
internal sealed class PresentFile(ServiceCalls calls, Attempts attempts, ProgressBoard board)
{
    /// <returns>Null if the file must be sent.</returns>
    public async Task<(EntryAnswer Entry, string Sha256)?> FindAsync(
        IUploadSource source, UploadOptions upload, string? modifiedAt, string? mode, CancellationToken stop)
    {
        if (await AskAsync(ServiceAddress.Tree(upload.Path!, upload.Space), stop) is not { Kind: "file", Sha256: { } there } entry
            || entry.Size != source.Size)
            return null;
        board.Enter(TransferPhase.Verifying);
        using var whole = new WholeDigest(source, apart: false);
        if (await whole.EndAsync(stop) != there || source.HasChanged)
            return null;
        if (upload.KeepAttributes)
            await SetAttributesAsync(entry, upload, modifiedAt, mode, stop);
        return (entry, there);
    }

    private async Task<EntryAnswer?> AskAsync(string address, CancellationToken stop)
    {
        try
        {
            return await attempts.PersistAsync(
                _ => calls.SendAsync(calls.Request(HttpMethod.Get, address + "?format=json&limit=1"), ClientJson.Default.EntryAnswer, stop),
                stop);
        }
        catch (TransferException failure) when (failure.Status is >= 400 and < 500 || failure.Failure == TransferFailure.InvalidAnswer)
        {
            // The file does not exist, is a folder, or is not visible to the key: the upload itself reports the error.
            return null;
        }
    }

    private async Task SetAttributesAsync(EntryAnswer entry, UploadOptions upload, string? modifiedAt, string? mode, CancellationToken stop)
    {
        var isSame = (modifiedAt is null || UnixTime.Text(UnixTime.Parse(entry.ModifiedAt) ?? default) == modifiedAt)
            && (mode is null || entry.Mode == mode);
        if (isSame)
            return;
        try
        {
            _ = await attempts.PersistAsync(
                _ => calls.SendAsync(
                    calls.Json(
                        HttpMethod.Patch, ServiceAddress.Tree(upload.Path!, upload.Space), new AttributesBody(modifiedAt, mode),
                        ClientJson.Default.AttributesBody),
                    stop),
                stop);
        }
        catch (TransferException failure) when (failure.Status is >= 400 and < 500)
        {
            // A key that may only upload leaves the time as it is. The content is what counts.
        }
    }
}
