#if !NET9_0_OR_GREATER
global using Lock = object;

namespace ChunkUpload.Client
{
    /// <summary>Members that .NET 8 does not have.</summary>
    internal static class Net8
    {
        extension(Convert)
        {
            public static string ToHexStringLower(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes).ToLowerInvariant();

            public static string ToHexStringLower(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
        }
    }
}

namespace System.Buffers.Text
{
    /// <summary>Base 64 with the alphabet for addresses, without padding, in its one canonical form.</summary>
    internal static class Base64Url
    {
        public static string EncodeToString(ReadOnlySpan<byte> bytes) =>
            Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

        public static bool IsValid(string text) => Decode(text) is not null;

        public static byte[] DecodeFromChars(string text) => Decode(text) ?? throw new FormatException("Invalid base 64.");

        public static bool TryDecodeFromChars(string text, Span<byte> bytes, out int written)
        {
            var decoded = Decode(text);
            written = decoded is not null && decoded.Length <= bytes.Length ? decoded.Length : 0;
            if (decoded is null || decoded.Length > bytes.Length)
                return false;
            decoded.CopyTo(bytes);
            return true;
        }

        private static byte[]? Decode(string text)
        {
            if (text.Length % 4 == 1 || !text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
                return null;
            var bytes = Convert.FromBase64String(
                text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '='));
            return EncodeToString(bytes) == text ? bytes : null;
        }
    }
}
#endif
