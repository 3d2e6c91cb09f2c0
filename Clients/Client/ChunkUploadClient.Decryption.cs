using ChunkUpload.Client.Encryption;

namespace ChunkUpload.Client;

/// <content>Decryption without a service.</content>
public sealed partial class ChunkUploadClient
{
    /// <summary>
    /// Decrypts a local file, which is a copy of an encrypted one at a service or a file of age, into another one. No service is asked.
    /// </summary>
    /// <param name="source">The encrypted file.</param>
    /// <param name="target">The file for the text, which gets its name once all of it is verified.</param>
    /// <param name="identities">What may open it.</param>
    /// <param name="overwrite">Whether another file at the target is replaced.</param>
    /// <param name="cancellationToken">Ends it; nothing is left at the target.</param>
    /// <returns>The bytes of the text.</returns>
    /// <exception cref="TransferException">It is not encrypted, for somebody else, or damaged, or a file cannot be read or
    /// written.</exception>
    public static async Task<long> DecryptFileAsync(
        string source, string target, IReadOnlyList<IContentIdentity> identities, bool overwrite = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(target);
        ArgumentNullException.ThrowIfNull(identities);
        target = Path.GetFullPath(target);
        if (!overwrite && Path.Exists(target))
            throw new TransferException(TransferFailure.Conflict, $"{target} is there already.");
        var part = Path.Combine(Path.GetDirectoryName(target)!, $".{Guid.NewGuid():n}.cu-part");
        try
        {
            long size;
            await using (var output = File.Open(part, State.PrivateFile.Options(FileMode.CreateNew, FileAccess.Write, FileShare.None)))
                size = await LocalDecryption.RunAsync(source, output, identities, cancellationToken);
            File.Move(part, target, overwrite);
            return size;
        }
        catch (Exception failure) when (Faults.Of(failure) is { } known)
        {
            throw known;
        }
        finally
        {
            Folders.LocalTree.Try(() => File.Delete(part));
        }
    }

    /// <summary>
    /// Decrypts a local file into a stream, in order. No service is asked. What was written before a damaged byte was whole.
    /// </summary>
    /// <returns>The bytes of the text.</returns>
    /// <exception cref="TransferException">It is not encrypted, for somebody else, or damaged, or cannot be read.</exception>
    public static Task<long> DecryptAsync(
        string source, Stream target, IReadOnlyList<IContentIdentity> identities, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(identities);
        return LocalDecryption.RunAsync(source, target, identities, cancellationToken);
    }
}
