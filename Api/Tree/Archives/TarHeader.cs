using System.Text;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>The header block of a member, in V7, ustar (POSIX) or GNU format.</summary>
/// <param name="Size">The number of bytes of data that follow.</param>
/// <param name="Seconds">The modification time since 1970; null if the field is empty or not a number, as with the mode.</param>
internal sealed record TarHeader(char Type, byte[] Name, long Size, long? Seconds, int? Mode, byte[] Link)
{
    public const int BlockSize = 512;

    private const int ChecksumAt = 148, ChecksumLength = 8;

    public static bool IsEnd(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);

    /// <returns>Null if the block is not a header.</returns>
    public static TarHeader? Parse(ReadOnlySpan<byte> block, out string? fault)
    {
        fault = null;
        long unsigned = 0, signed = 0;
        for (var i = 0; i < BlockSize; i++)
        {
            var value = i is >= ChecksumAt and < ChecksumAt + ChecksumLength ? (byte)' ' : block[i];
            unsigned += value;
            // Old programs summed the bytes as signed numbers.
            signed += (sbyte)value;
        }

        if (Number(block.Slice(ChecksumAt, ChecksumLength)) is not { } sum || (sum != unsigned && sum != signed))
            fault = "The block is not a tar header, or is damaged: its checksum is wrong.";
        else if (Number(block.Slice(124, 12)) is not (>= 0 and var size))
            fault = "The header's size is not a number.";
        else
            return new TarHeader(
                block[156] == 0 ? '0' : (char)block[156], NameOf(block), size, Given(block.Slice(136, 12)),
                (int?)(Given(block.Slice(100, 8)) & 0xFFF), Text(block.Slice(157, 100)));
        return null;
    }

    // Only POSIX has a prefix; GNU stores times there.
    private static byte[] NameOf(ReadOnlySpan<byte> block)
    {
        var name = Text(block[..100]);
        var prefix = block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(345, 155)) : [];
        return prefix.Length == 0 ? name : [.. prefix, (byte)'/', .. name];
    }

    private static byte[] Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return (end < 0 ? field : field[..end]).ToArray();
    }

    private static long? Given(ReadOnlySpan<byte> field) => field[0] == 0 ? null : Number(field);

    /// <summary>
    /// Parses octal digits, or a number of base 256, which GNU uses for large and negative numbers; returns null if it is neither.
    /// </summary>
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            // The second bit is the sign.
            long value = (field[0] & 0x40) != 0 ? -1 : 0;
            for (var i = 0; i < field.Length; i++)
            {
                var part = i == 0 ? (field[0] & 0x40) != 0 ? field[0] : field[0] & 0x7F : field[i];
                if (value is < (long.MinValue >> 8) or > (long.MaxValue >> 8))
                    return null;
                value = (value << 8) | (uint)part;
            }

            return value;
        }

        var digits = field.Trim(" \0"u8);
        long number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            number = (number << 3) | (uint)(digit - '0');
        }

        return number;
    }

    /// <summary>Returns a name for messages; invalid UTF-8 becomes a replacement character.</summary>
    public static string Show(byte[] name) => Encoding.UTF8.GetString(name);
}
