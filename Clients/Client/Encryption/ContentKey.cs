using System.Buffers.Text;
using System.Security.Cryptography;

namespace ChunkUpload.Client;

/// <summary>
/// The key of one encrypted file. It opens this file only. After the <c>#</c> of a link, it is not sent to any service.
/// </summary>
public sealed class ContentKey : IContentIdentity
{
    internal const int Size = 16;

    private const string Field = "key=";

    private readonly byte[] _key;

    internal ContentKey(ReadOnlySpan<byte> key) => _key = key.Length == Size
        ? key.ToArray()
        : throw new FormatException("A key has 16 bytes.");

    internal ReadOnlySpan<byte> Bytes => _key;

    internal static ContentKey Create() => new(RandomNumberGenerator.GetBytes(Size));

    /// <summary>Reads a key, or the fragment of a link that has one.</summary>
    /// <returns>Null if the text contains no key.</returns>
    public static ContentKey? TryParse(string? text)
    {
        text = text?.TrimStart('#').Split('&').FirstOrDefault(part => part.StartsWith(Field, StringComparison.Ordinal))?[Field.Length..]
            ?? text;
        Span<byte> key = stackalloc byte[Size];
        return text is { Length: 22 } && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, key, out var written)
            && written == Size
            ? new ContentKey(key)
            : null;
    }

    /// <summary>What follows the <c>#</c> of a link that opens the file.</summary>
    public string ToFragment() => Field + Base64Url.EncodeToString(_key);

    /// <inheritdoc/>
    public byte[]? Unwrap(IReadOnlyList<ContentStanza> stanzas) => [.. _key];

    /// <summary>Never the key: logs and messages must not have it.</summary>
    public override string ToString() => "the key of a file";
}
