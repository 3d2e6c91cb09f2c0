using System.Text;

namespace ChunkUpload.Client.Age;

/// <summary>Bech32 (BIP 173) without its limit of length: how age writes keys.</summary>
internal static class Bech32
{
    private const string Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;

    private static readonly uint[] Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <returns>In lower case.</returns>
    public static string Encode(string prefix, ReadOnlySpan<byte> bytes)
    {
        var values = Convert(bytes, 8, 5, pad: true)!;
        var sum = Polymod([.. Expand(prefix), .. values, .. new byte[ChecksumLength]]) ^ 1;
        var text = new StringBuilder(prefix).Append('1');
        foreach (var value in values)
            _ = text.Append(Letters[value]);
        for (var at = 0; at < ChecksumLength; at++)
            _ = text.Append(Letters[(int)(sum >> (5 * (ChecksumLength - 1 - at))) & 31]);
        return text.ToString();
    }

    /// <exception cref="FormatException">It is not what <see cref="Encode"/> writes, in one case of letters.</exception>
    public static (string Prefix, byte[] Bytes) Decode(string text)
    {
        var lower = text.ToLowerInvariant();
        if (text.Any(char.IsAsciiLetterUpper) && text.Any(char.IsAsciiLetterLower))
            throw new FormatException("The letters of a key are either small or capital.");
        var mark = lower.LastIndexOf('1');
        if (mark < 1 || lower.Length - mark - 1 < ChecksumLength || lower.Any(letter => letter is < '!' or > '~'))
            throw new FormatException("This is no key of age.");
        var values = lower[(mark + 1)..].Select(letter => Letters.IndexOf(letter, StringComparison.Ordinal)).ToArray();
        if (values.Any(value => value < 0))
            throw new FormatException("The key has a letter that no key of age has.");
        byte[] digits = [.. values.Select(value => (byte)value)];
        if (Polymod([.. Expand(lower[..mark]), .. digits]) != 1)
            throw new FormatException("The key has a typing error: its checksum is wrong.");
        return (lower[..mark], Convert(digits.AsSpan(..^ChecksumLength), 5, 8, pad: false)
            ?? throw new FormatException("The key is cut off."));
    }

    private static IEnumerable<byte> Expand(string prefix) =>
        [.. prefix.Select(letter => (byte)(letter >> 5)), 0, .. prefix.Select(letter => (byte)(letter & 31))];

    private static uint Polymod(IEnumerable<byte> values)
    {
        uint sum = 1;
        foreach (var value in values)
        {
            var top = sum >> 25;
            sum = ((sum & 0x1ffffff) << 5) ^ value;
            for (var bit = 0; bit < Generator.Length; bit++)
                sum ^= ((top >> bit) & 1) == 1 ? Generator[bit] : 0;
        }

        return sum;
    }

    private static byte[]? Convert(ReadOnlySpan<byte> values, int from, int to, bool pad)
    {
        var (held, bits) = (0u, 0);
        var result = new List<byte>();
        foreach (var value in values)
        {
            held = ((held << from) | value) & 0xfff;
            bits += from;
            while (bits >= to)
            {
                bits -= to;
                result.Add((byte)((held >> bits) & ((1u << to) - 1)));
            }
        }

        var rest = (byte)((held << (to - bits)) & ((1u << to) - 1));
        if (pad && bits > 0)
            result.Add(rest);
        else if (!pad && (bits >= from || rest != 0))
            return null;
        return [.. result];
    }
}
