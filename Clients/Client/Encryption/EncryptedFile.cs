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
    /// <param name="options">The recipients.</param>
    /// <param name="path">The path below the encrypted folder; <c>null</c> for a file that is sent by itself.</param>
    public static EncryptedFile Create(EncryptionOptions options, string? path = null)
    {
        var key = ContentKey.Create();
        List<ContentStanza> stanzas = [.. options.Recipients.Select(recipient => recipient.Wrap(key.Bytes))];
        if (stanzas.Exists(IsPostQuantum) && !stanzas.TrueForAll(IsPostQuantum))
        {
            throw new ArgumentException(
                "A key that withstands quantum computers (age1pq1…) stands beside keys of its kind only: the others would undo it.",
                nameof(options));
        }

        if (path is not null)
            stanzas.Add(BoundPath.Bind(key, path));
        var header = AgeHeader.Write(Intro, key.Bytes, stanzas);
        if (header.Length > AgeHeader.MostBytes)
            throw new ArgumentException("These are more recipients than a header holds.", nameof(options));
        return new EncryptedFile(key, header, RandomNumberGenerator.GetBytes(ChunkedCipher.SaltSize));
    }

    /// <summary>Whether a local file is an encrypted one. One that cannot be read is none.</summary>
    public static bool IsOne(string file)
    {
        Span<byte> start = stackalloc byte[Intro.Length];
        try
        {
            using var content = File.OpenHandle(file);
            return RandomAccess.Read(content, start, 0) == start.Length
                && start.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(Intro));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <returns>Null if the record is of another file, or the recipients do not open it.</returns>
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

    /// <returns>Null if the header does not end within these bytes.</returns>
    /// <exception cref="TransferException">The file is not encrypted.</exception>
    public static AgeHeader? ReadHeader(ReadOnlyMemory<byte> bytes, string name)
    {
        var fault = bytes.Span.StartsWith(AgePayload.FirstLine)
            ? "is a file of age. Fetch it without a key, and open it here: cu decrypt FILE -i KEY"
            : bytes.Span.StartsWith(AgePayload.Armor) ? "is in age's armor, which age itself opens: age -d -i KEY FILE"
            : bytes.Span.StartsWith(System.Text.Encoding.ASCII.GetBytes(Intro)) ? null
            : "is not encrypted, so a key says nothing about it. Fetch it without one.";
        if (fault is not null)
            throw new TransferException(TransferFailure.Refused, $"{name} {fault}") { Code = ClientCodes.NotEncrypted };

        try
        {
            return AgeHeader.Read(Intro, bytes);
        }
        catch (FormatException failure)
        {
            throw BadHeader(name, failure);
        }
    }

    /// <summary>The file's key, of which the header's MAC tells whether it is the right one.</summary>
    /// <exception cref="TransferException">No identity opens the file.</exception>
    public static ContentKey Unwrap(AgeHeader header, string name, IReadOnlyList<IContentIdentity> identities)
    {
        try
        {
            foreach (var identity in identities)
            {
                if (identity.Unwrap(header.Stanzas) is { Length: ContentKey.Size } key && header.IsAuthentic(key))
                    return new ContentKey(key);
            }
        }
        catch (FormatException failure)
        {
            throw BadHeader(name, failure);
        }

        throw new TransferException(TransferFailure.Authentication, $"{name} is encrypted, and no key that was given opens it.")
        {
            Code = ClientCodes.WrongDecryptionKey,
        };
    }

    /// <summary>Whether a stanza of age withstands quantum computers. Age refuses, too, to mix these with others.</summary>
    private static bool IsPostQuantum(ContentStanza stanza) => stanza.Type.StartsWith("mlkem768", StringComparison.Ordinal);

    private static TransferException BadHeader(string name, FormatException failure) =>
        new(TransferFailure.Checksum, $"The header of {name} is damaged: {failure.Message}", failure);

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
