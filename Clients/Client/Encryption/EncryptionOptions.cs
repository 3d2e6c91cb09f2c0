namespace ChunkUpload.Client;

/// <summary>How an upload is encrypted on this machine, so that the service never sees what is in it (docs/encryption.md).</summary>
public sealed record EncryptionOptions
{
    /// <summary>For whom: each can open the file. The package ChunkUpload.Client.Age has age's recipients and passphrases.</summary>
    public required IReadOnlyList<IContentRecipient> Recipients { get; init; }

    /// <summary>Whether the file's name is encrypted, too; then it has at most 150 bytes. Its folders are not.</summary>
    public bool EncryptName { get; init; }
}

/// <summary>Someone for whom content is encrypted.</summary>
public interface IContentRecipient
{
    /// <summary>Tells recipients apart. It is no secret.</summary>
    string Id { get; }

    /// <summary>Encrypts the 16 bytes of a file's key for this recipient.</summary>
    ContentStanza Wrap(ReadOnlySpan<byte> fileKey);
}

/// <summary>What opens content that was encrypted for a recipient.</summary>
public interface IContentIdentity
{
    /// <summary>Decrypts a file's key.</summary>
    /// <returns>Null if no stanza is for this identity.</returns>
    /// <exception cref="FormatException">A stanza of this identity's kind is none that its recipient writes.</exception>
    byte[]? Unwrap(IReadOnlyList<ContentStanza> stanzas);
}

/// <summary>A file's key, encrypted for one recipient: a stanza of an age header.</summary>
/// <param name="Type">The kind of the recipient, such as X25519.</param>
/// <param name="Arguments">What follows it on the line.</param>
/// <param name="Body">The lines below.</param>
public sealed record ContentStanza(string Type, IReadOnlyList<string> Arguments, ReadOnlyMemory<byte> Body);
