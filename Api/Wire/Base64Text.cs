using System.Buffers;

namespace ChunkUpload.Api.Wire;

/// <summary>RFC 4648, section 4, with padding and without spaces, which the framework's decoders would skip.</summary>
internal static class Base64Text
{
    private static readonly SearchValues<char> Digits =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    public static bool Is(ReadOnlySpan<char> text)
    {
        if (text.Length % 4 != 0)
            return false;
        var digits = text.TrimEnd('=');
        return text.Length - digits.Length <= 2 && !digits.ContainsAnyExcept(Digits);
    }
}
