using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Access.Links;

/// <summary>The secret in a link's address: 256 random bits.</summary>
public static class LinkToken
{
    public const int Length = 43;
    private const int Bytes = 32;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length == Length && Base64Url.IsValid(text, out var bytes) && bytes == Bytes;

    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
