using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// A header in the format of c2sp.org/age: a line that names the format, a stanza for each recipient, and a MAC under the file's key.
/// </summary>
internal sealed record AgeHeader(IReadOnlyList<ContentStanza> Stanzas, int Length, ReadOnlyMemory<byte> Covered, ReadOnlyMemory<byte> Mac)
{
    public const int MostBytes = 64 << 10;

    private const int Columns = 64;
    private const int MacSize = 32;
    private const byte LineFeed = (byte)'\n';

    /// <summary>Writes the header of a file.</summary>
    /// <exception cref="ArgumentException">There is no recipient, or a passphrase is not the only one.</exception>
    public static byte[] Write(string intro, ReadOnlySpan<byte> fileKey, IReadOnlyList<ContentStanza> stanzas)
    {
        if (stanzas.Count == 0 || HasForbiddenScrypt(stanzas))
            throw new ArgumentException("Encrypt for recipients, or by one passphrase alone.", nameof(stanzas));
        var text = new StringBuilder(intro).Append('\n');
        foreach (var stanza in stanzas)
        {
            _ = text.Append("-> ").AppendJoin(' ', stanza.Arguments.Prepend(stanza.Type)).Append('\n');
            var body = RawBase64.Encode(stanza.Body.Span);
            for (var at = 0; at <= body.Length; at += Columns)
                _ = text.Append(body, at, Math.Min(Columns, body.Length - at)).Append('\n');
        }

        var covered = Encoding.ASCII.GetBytes(text.Append("---").ToString());
        return [.. covered, .. Encoding.ASCII.GetBytes($" {RawBase64.Encode(MacOf(fileKey, covered))}\n")];
    }

    /// <returns>Null if the bytes end before the header does.</returns>
    /// <exception cref="FormatException">The header is not valid.</exception>
    public static AgeHeader? Read(string intro, ReadOnlyMemory<byte> bytes)
    {
        var lines = new Lines(bytes);
        if (lines.Next() is not { } first)
            return null;
        if (first != intro)
            throw new FormatException("The first line names another format.");
        var stanzas = new List<ContentStanza>();
        while (true)
        {
            var start = lines.At;
            if (lines.Next() is not { } line)
                return null;
            if (line.StartsWith("---", StringComparison.Ordinal))
            {
                if (stanzas.Count == 0 || HasForbiddenScrypt(stanzas) || !line.StartsWith("--- ", StringComparison.Ordinal))
                    throw new FormatException("The header has no valid recipients.");
                var mac = RawBase64.Decode(line[4..]);
                return mac.Length == MacSize
                    ? new AgeHeader(stanzas, lines.At, bytes[..(start + 3)], mac)
                    : throw new FormatException("The header's MAC is too short.");
            }

            if (!line.StartsWith("-> ", StringComparison.Ordinal))
                throw new FormatException("A stanza of the header begins wrongly.");
            var arguments = line[3..].Split(' ');
            if (arguments.Any(argument => argument.Length == 0 || argument.Any(letter => letter is < '!' or > '~')))
                throw new FormatException("A stanza of the header has an invalid argument.");
            if (Body(lines) is not { } body)
                return null;
            stanzas.Add(new ContentStanza(arguments[0], arguments[1..], body));
        }
    }

    public bool IsAuthentic(ReadOnlySpan<byte> fileKey) =>
        CryptographicOperations.FixedTimeEquals(MacOf(fileKey, Covered.Span), Mac.Span);

    private static byte[]? Body(Lines lines)
    {
        var body = new List<byte>();
        while (true)
        {
            if (lines.Next() is not { } line)
                return null;
            if (line.Length > Columns)
                throw new FormatException("A line of the header is too long.");
            body.AddRange(RawBase64.Decode(line));
            if (line.Length < Columns)
                return [.. body];
        }
    }

    private static bool HasForbiddenScrypt(IReadOnlyList<ContentStanza> stanzas) =>
        stanzas.Count > 1 && stanzas.Any(stanza => stanza.Type == "scrypt");

    private static byte[] MacOf(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> covered)
    {
        Span<byte> key = stackalloc byte[MacSize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, [], "header"u8);
        return HMACSHA256.HashData(key, covered);
    }

    private sealed class Lines(ReadOnlyMemory<byte> bytes)
    {
        public int At { get; private set; }

        /// <returns>Null if no line ends in the bytes.</returns>
        public string? Next()
        {
            var end = bytes.Span[At..].IndexOf(LineFeed);
            if (end < 0)
                return null;
            var line = Encoding.Latin1.GetString(bytes.Span.Slice(At, end));
            At += end + 1;
            return line;
        }
    }
}

/// <summary>Base 64 without padding, of which each value has one encoding only.</summary>
internal static class RawBase64
{
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <exception cref="FormatException">The text is not one that <see cref="Encode"/> writes.</exception>
    public static byte[] Decode(string text)
    {
        var bytes = text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '+' or '/') && text.Length % 4 != 1
            ? Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='))
            : throw new FormatException("Invalid base 64.");
        return Encode(bytes) == text ? bytes : throw new FormatException("Invalid base 64.");
    }
}
