using System.Security.Cryptography;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// Decrypts a local file, as a copy of an encrypted one at the service is, or a genuine file of age. Each chunk is verified before it is
/// written, and the result gets its name only once all of it is there.
/// </summary>
internal static class LocalDecryption
{
    private const int ReadSize = 1 << 20;

    /// <exception cref="TransferException">It is not encrypted, for somebody else, or damaged, or a file cannot be read or
    /// written.</exception>
    public static async Task<long> RunAsync(
        string source, Stream target, IReadOnlyList<IContentIdentity> identities, CancellationToken stop)
    {
        try
        {
            await using var input = new FileStream(source, new FileStreamOptions
            {
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                BufferSize = ReadSize,
            });
            var start = new byte[Math.Min(AgeHeader.MostBytes, input.Length)];
            await input.ReadExactlyAsync(start, stop);
            var isAge = start.AsSpan().StartsWith(AgePayload.FirstLine);
            var header = isAge ? AgePayload.ReadHeader(start, source) : EncryptedFile.ReadHeader(start, source);
            if (header is null)
                throw Damaged(source);
            var key = EncryptedFile.Unwrap(header, source, identities);
            input.Position = header.Length;
            return isAge
                ? await AgePayload.DecryptAsync(input, key, target, source, stop)
                : await DecryptAsync(input, start, header.Length, key, target, source, stop);
        }
        catch (EndOfStreamException failure)
        {
            throw new TransferException(TransferFailure.Checksum, $"{source} is cut off.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local(failure.Message, failure);
        }
    }

    public static TransferException Damaged(string source) =>
        new(TransferFailure.Checksum, $"{source} is damaged, or was changed by somebody.");

    private static async Task<long> DecryptAsync(
        FileStream input, byte[] start, int header, ContentKey key, Stream target, string source, CancellationToken stop)
    {
        var prefix = new byte[ChunkedCipher.PrefixSize];
        await input.ReadExactlyAsync(prefix, stop);
        var file = new EncryptedFile(key, start.AsSpan(0, header), prefix.AsSpan(0, ChunkedCipher.SaltSize));
        if (!prefix.AsSpan().SequenceEqual(file.Prefix.AsSpan(header))
            || ChunkedCipher.TextLength(input.Length - header) is not { } size)
            throw Damaged(source);
        using var cipher = file.Open();
        var (chunk, text) = (new byte[ChunkedCipher.SealedSize], new byte[ChunkedCipher.ChunkSize]);
        for (long index = 0; index < ChunkedCipher.ChunksOf(size); index++)
        {
            var length = (int)Math.Min(ChunkedCipher.ChunkSize, size - (index * ChunkedCipher.ChunkSize));
            await input.ReadExactlyAsync(chunk.AsMemory(0, length + ChunkedCipher.TagSize), stop);
            if (!cipher.TryDecrypt(index, chunk.AsSpan(0, length + ChunkedCipher.TagSize), text))
                throw Damaged(source);
            await target.WriteAsync(text.AsMemory(0, length), stop);
        }

        CryptographicOperations.ZeroMemory(text);
        return size;
    }
}
