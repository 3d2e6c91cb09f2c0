using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// The key of an encrypted folder. It hides names, the same one always in the same way, so that a file is found again; and where a
/// passphrase is asked for, it stands for it: the passphrase opens one key of a folder, and not each of its files for a second.
/// </summary>
internal sealed class FolderKey : IContentRecipient, IContentIdentity
{
    public const int Size = ContentKey.Size;

    private const string Stanza = "chunkupload-folder";

    private readonly ContentKey _key;
    private readonly byte[] _salts;
    private readonly bool _pads;

    /// <param name="key">The key.</param>
    /// <param name="pads">Whether the lengths of names are hidden; not those of folders that older clients have made.</param>
    public FolderKey(ReadOnlySpan<byte> key, bool pads = false)
    {
        _pads = pads;
        _key = new ContentKey(key);
        _salts = HMACSHA256.HashData(key, "chunkupload-folder/v1 salts"u8);
        Id = $"{Stanza} {Convert.ToHexStringLower(HMACSHA256.HashData(key, "chunkupload-folder/v1 id"u8))[..32]}";
    }

    public string Id { get; }

    public ReadOnlySpan<byte> Bytes => _key.Bytes;

    public static FolderKey Create() => new(RandomNumberGenerator.GetBytes(Size));

    /// <summary>The key that a folder's file holds.</summary>
    public static FolderKey Of(State.FolderKeyFile file) => new(Convert.FromBase64String(file.Key), file.PadsNames);

    public ContentStanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        var salt = EncryptedName.NewSalt();
        var wrapped = new byte[fileKey.Length + ChunkedCipher.TagSize];
        using var cipher = new ChunkedCipher(_key.Bytes, salt, "file key"u8);
        cipher.Encrypt(0, fileKey, wrapped);
        return new ContentStanza(Stanza, [Base64Url.EncodeToString(salt)], wrapped);
    }

    public byte[]? Unwrap(IReadOnlyList<ContentStanza> stanzas)
    {
        foreach (var stanza in stanzas.Where(stanza => stanza.Type == Stanza))
        {
            if (stanza.Arguments is not [var encoded] || !Base64Url.IsValid(encoded)
                || Base64Url.DecodeFromChars(encoded) is not { Length: ChunkedCipher.SaltSize } salt
                || stanza.Body.Length != Size + ChunkedCipher.TagSize)
                throw new FormatException($"A stanza of the kind {Stanza} is wrong.");
            var key = new byte[Size];
            using var cipher = new ChunkedCipher(_key.Bytes, salt, "file key"u8);
            if (cipher.TryDecrypt(0, stanza.Body.Span, key))
                return key;
        }

        return null;
    }

    /// <summary>Hides the last name of a path, or what a link leads to. The salt depends on both: no nonce meets two texts.</summary>
    /// <exception cref="TransferException">A name is too long.</exception>
    public string Hide(string path, string text, bool isName = true) => EncryptedName.Encrypt(
        _key, text, HMACSHA256.HashData(_salts, Encoding.UTF8.GetBytes($"{path}\0{text}")).AsSpan(0, ChunkedCipher.SaltSize), isName,
        _pads);

    /// <returns>Null if the name was not hidden by this key.</returns>
    public string? Show(string hidden) => EncryptedName.Decrypt(_key, hidden);

    /// <summary>Never the key: logs and messages must not have it.</summary>
    public override string ToString() => "the key of a folder";
}
