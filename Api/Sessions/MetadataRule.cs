using System.Buffers;
using System.Text;

namespace ChunkUpload.Api.Sessions;

/// <summary>The limits of the metadata that a client may attach to a file.</summary>
internal static class MetadataRule
{
    public const int MaxKeys = 64;
    public const int MaxKeyCharacters = 64;
    public const int MaxValueCharacters = 4096;
    public const int MaxBytes = 16 << 10;

    private static readonly SearchValues<char> KeyChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static string? Fault(IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null)
            return null;
        if (metadata.Count > MaxKeys)
            return $"metadata has more than {MaxKeys} names.";
        var bytes = 0;
        foreach (var (key, value) in metadata)
        {
            if (key.Length is 0 or > MaxKeyCharacters || key.AsSpan().ContainsAnyExcept(KeyChars))
                return $"A name in metadata has 1 to {MaxKeyCharacters} letters, digits, dots, dashes and underscores.";
            if (value is null)
                return $"metadata.{key} is null; leave it out instead.";
            if (value.Length > MaxValueCharacters)
                return $"metadata.{key} has more than {MaxValueCharacters} characters.";
            if (value.Contains('\0', StringComparison.Ordinal) || !IsUnicode(value))
                return $"metadata.{key} has a NUL or is not valid Unicode.";
            bytes += key.Length + Encoding.UTF8.GetByteCount(value);
        }

        return bytes > MaxBytes ? $"metadata has more than {MaxBytes} bytes." : null;
    }

    private static bool IsUnicode(string value)
    {
        var rest = value.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var used) != OperationStatus.Done)
                return false;
            rest = rest[used..];
        }

        return true;
    }
}
