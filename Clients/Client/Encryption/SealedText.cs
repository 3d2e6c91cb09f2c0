namespace ChunkUpload.Client.Encryption;

/// <summary>A small file that is encrypted or decrypted in memory, as a whole.</summary>
internal static class SealedText
{
    /// <summary>Encrypts a text under a key of its own, which no other text meets.</summary>
    /// <param name="path">The path below the encrypted folder; <c>null</c> for none.</param>
    public static byte[] Seal(EncryptionOptions how, ReadOnlySpan<byte> text, string? path = null)
    {
        var file = EncryptedFile.Create(how, path);
        var bytes = new byte[file.LengthOf(text.Length)];
        file.Prefix.CopyTo(bytes, 0);
        using var cipher = file.Open();
        var at = file.Prefix.Length;
        for (long index = 0; index < ChunkedCipher.ChunksOf(text.Length); index++)
        {
            var start = (int)(index * ChunkedCipher.ChunkSize);
            var chunk = text[start..Math.Min(start + ChunkedCipher.ChunkSize, text.Length)];
            cipher.Encrypt(index, chunk, bytes.AsSpan(at));
            at += chunk.Length + ChunkedCipher.TagSize;
        }

        return bytes;
    }

    /// <param name="place">The path at the service with readable names; <c>null</c> if the text is bound to none.</param>
    /// <exception cref="TransferException">The file is damaged, not encrypted, or another one, or no identity opens it.</exception>
    public static byte[] Open(
        ReadOnlyMemory<byte> bytes, string name, IReadOnlyList<IContentIdentity> identities, string? place = null)
    {
        var header = EncryptedFile.ReadHeader(bytes, name) ?? throw Damaged(name);
        var key = EncryptedFile.Unwrap(header, name, identities);
        BoundPath.Verify(header, key, place);
        var message = bytes[header.Length..];
        if (ChunkedCipher.TextLength(message.Length) is not { } size)
            throw Damaged(name);
        var file = new EncryptedFile(key, bytes.Span[..header.Length], message.Span[..ChunkedCipher.SaltSize]);
        if (!bytes.Span.StartsWith(file.Prefix))
            throw Damaged(name);
        var text = new byte[size];
        using var cipher = file.Open();
        var at = file.Prefix.Length;
        for (long index = 0; index < ChunkedCipher.ChunksOf(size); index++)
        {
            var start = (int)(index * ChunkedCipher.ChunkSize);
            var length = (int)Math.Min(ChunkedCipher.ChunkSize, size - start);
            if (!cipher.TryDecrypt(index, bytes.Span.Slice(at, length + ChunkedCipher.TagSize), text.AsSpan(start)))
                throw Damaged(name);
            at += length + ChunkedCipher.TagSize;
        }

        return text;
    }

    private static TransferException Damaged(string name) =>
        new(TransferFailure.Checksum, $"{name} is damaged, or was changed by somebody.");
}
