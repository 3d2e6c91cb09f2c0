using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// The path of a file in its encrypted folder, as a MAC under the file's key: a stanza of the header that no identity opens. It shows that
/// the service has returned another encrypted file instead of this one. Its length is always the same, so that sizes follow from content.
/// </summary>
internal static class BoundPath
{
    private const string Kind = "chunkupload-path";

    /// <param name="key">The key of the file.</param>
    /// <param name="path">The path below the folder that is sent, with readable names.</param>
    public static ContentStanza Bind(ContentKey key, string path) => new(Kind, [], MacOf(key, path));

    /// <summary>
    /// Compares the path that a file was encrypted with. The folder that was sent may be anywhere above the file now, so the end of the
    /// file's place must be this path. Files of older clients have none.
    /// </summary>
    /// <param name="place">The path at the service with readable names; <c>null</c> if it is not known.</param>
    /// <exception cref="TransferException">The file was encrypted with another path.</exception>
    public static void Verify(AgeHeader header, ContentKey key, string? place)
    {
        if (place is null || header.Stanzas.FirstOrDefault(stanza => stanza.Type == Kind) is not { } bound)
            return;
        for (var path = place; ;)
        {
            if (CryptographicOperations.FixedTimeEquals(MacOf(key, path), bound.Body.Span))
                return;
            if (path.IndexOf('/', StringComparison.Ordinal) is not (>= 0 and var slash))
                break;
            path = path[(slash + 1)..];
        }

        throw new TransferException(
            TransferFailure.Checksum,
            $"{place} was encrypted as another file: it was renamed or exchanged at the service. If you have renamed it, fetch it without "
            + "a key and open it here (cu decrypt), or send it again.")
        {
            Code = ClientCodes.OtherPath,
        };
    }

    private static byte[] MacOf(ContentKey file, string path)
    {
        Span<byte> key = stackalloc byte[SHA256.HashSizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, file.Bytes, key, [], "chunkupload-path/v1"u8);
        // The service stores names as they are sent, so no other form is compared.
        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(path));
    }
}
