using System.Text;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Decodes <c>Content-Length</c> so that only digits are accepted (RFC 9110, 8.6). Kestrel's parser also accepts a sign. A proxy that
/// reads <c>+5</c> differently would see the body end elsewhere (request smuggling).
/// </summary>
internal sealed class DigitsOnlyEncoding : Encoding
{
    // Makes Kestrel reject the value.
    private const char NoDigit = 'x';

    public static DigitsOnlyEncoding Instance { get; } = new();

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (bytes.Length > chars.Length)
        {
            chars[0] = NoDigit;
            return 1;
        }

        for (var i = 0; i < bytes.Length; i++)
            chars[i] = char.IsAsciiDigit((char)bytes[i]) ? (char)bytes[i] : NoDigit;
        return bytes.Length;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);
}
