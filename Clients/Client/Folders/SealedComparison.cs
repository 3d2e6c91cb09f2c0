using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// Compares a local file with an encrypted one: encrypted here under the key of that one, it must have the digest that the service knows.
/// </summary>
internal sealed class SealedComparison(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, RemoteTree remote, string? space,
    IReadOnlyList<IContentIdentity> identities, TimeProvider time)
{
    public async Task<ComparedItem> CompareAsync(LocalEntry entry, CancellationToken stop)
    {
        try
        {
            var file = await new RemoteFiles(calls, attempts).FindAsync(remote.Under(entry.Path), space, stop);
            var content = await EncryptedContent.OpenAsync(
                calls, attempts, board, file, time, identities, remote.PlaceOf(entry.Path), stop);
            if (content.Size != entry.Size)
                return Of(entry, ComparedState.Differs, "Its size differs.");
            if (file.Sha256 is null)
                return Of(entry, ComparedState.Unknown, "The service has not computed its SHA-256 yet.");
            using var source = content.AsSource(FileSource.Open(entry.Full));
            using var whole = new WholeDigest(source, apart: false);
            return await whole.EndAsync(stop) == file.Sha256
                ? Of(entry, ComparedState.Equal)
                : Of(entry, ComparedState.Differs, "Its content differs.");
        }
        catch (TransferException failure) when (failure.Status == 404)
        {
            return Of(entry, ComparedState.Missing);
        }
        catch (TransferException failure) when (failure.Code == ClientCodes.NotEncrypted)
        {
            return Of(entry, ComparedState.Differs, "It is not encrypted there.");
        }
        catch (TransferException failure) when (failure.Code == ProblemCodes.NotFile)
        {
            return Of(entry, ComparedState.Differs, "It is no file there.");
        }
        catch (TransferException failure) when (FolderUpload.IsOfOne(failure))
        {
            return Of(entry, ComparedState.Failed, failure.Message);
        }
    }

    private static ComparedItem Of(LocalEntry entry, ComparedState state, string? message = null) =>
        new(entry.Path, state, entry.Size, message);
}
