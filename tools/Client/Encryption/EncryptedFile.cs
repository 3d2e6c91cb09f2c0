using System.Security.Cryptography;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Encryption;

/// <summary>The key of an encrypted file, and what precedes its chunks: header, salt and commitment.</summary>
internal sealed class EncryptedFile
{
    /// <summary>The first line of each encrypted file.</summary>
    public const string Intro = "chunkupload-encrypted/v1";

    private readonly byte[] _salt;

    public EncryptedFile(ContentKey key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> salt)
    {
        (Key, _salt) = (key, salt.ToArray());
        using var cipher = Open();
        Prefix = [.. header, .. salt, .. cipher.Commitment];
        HeaderLength = header.Length;
    }

    public static ReadOnlySpan<byte> Context => "content"u8;

    public ContentKey Key { get; }

    public byte[] Prefix { get; }

    public int HeaderLength { get; }

    /// <summary>A file's key is made for one version of one source, and for no other.</summary>
    public static EncryptedFile Create(EncryptionOptions options)
    {
        var key = ContentKey.Create();
        var header = AgeHeader.Write(Intro, key.Bytes, [.. options.Recipients.Select(recipient => recipient.Wrap(key.Bytes))]);
        return new EncryptedFile(key, header, RandomNumberGenerator.GetBytes(ChunkedCipher.SaltSize));
    }

    /// <returns>Null: what is recorded is no such file, or the recipients do not open it.</returns>
    public static EncryptedFile? Of(EncryptionState? state, EncryptionOptions options)
    {
        if (state is null || ContentKey.TryParse(state.Key) is not { } key)
            return null;
        try
        {
            var header = Convert.FromBase64String(state.Header);
            var read = AgeHeader.Read(Intro, header);
            if (read is null || read.Length != header.Length || !read.IsAuthentic(key.Bytes)
                || options.Recipients.OfType<IContentIdentity>().Any(own => !Opens(own, read, key)))
                return null;
            return new EncryptedFile(key, header, Convert.FromBase64String(state.Salt));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool Opens(IContentIdentity identity, AgeHeader header, ContentKey key) =>
        identity.Unwrap(header.Stanzas) is { } found && key.Bytes.SequenceEqual(found);

    public EncryptionState State(string? name) => new()
    {
        Key = Key.ToFragment(),
        Header = Convert.ToBase64String(Prefix.AsSpan(0, HeaderLength)),
        Salt = Convert.ToBase64String(_salt),
        Name = name,
    };

    public ChunkedCipher Open() => new(Key.Bytes, _salt, Context);

    public long LengthOf(long text) => HeaderLength + ChunkedCipher.MessageLength(text);
}
