using System.Buffers;
using System.Globalization;
using System.Text;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// A tar archive in memory, in pax format: names of any length and letters, and times to 100 ns, which the BCL's writer would round.
/// </summary>
internal sealed class TarPack
{
    private const int Block = 512;
    private const string Extended = "@";

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public void Add(LocalEntry entry, ReadOnlySpan<byte> content, bool keepAttributes)
    {
        var records = new ArrayBufferWriter<byte>();
        Record(records, "path", entry.Kind == LocalKind.Folder ? entry.Path + "/" : entry.Path);
        if (keepAttributes && UnixTime.IsKept(entry.Modified))
            Record(records, "mtime", UnixTime.Text(entry.Modified));
        if (entry.LinkTarget is { } target)
            Record(records, "linkpath", target);
        Header('x', records.WrittenCount, 0, 0x1A4);
        Data(records.WrittenSpan);
        var (type, mode) = entry.Kind switch
        {
            LocalKind.Folder => ('5', 0x1ED),
            LocalKind.Link => ('2', 0x1FF),
            _ => ('0', 0x1A4),
        };
        if (keepAttributes && entry.Mode is { } octal)
            mode = Convert.ToInt32(octal, 8);
        var seconds = (entry.Modified.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        Header(type, content.Length, Math.Max(0, seconds), mode);
        Data(content);
    }

    /// <summary>The archive with its end.</summary>
    public ReadOnlyMemory<byte> End()
    {
        _bytes.Write(new byte[2 * Block]);
        return _bytes.WrittenMemory;
    }

    private void Header(char type, long size, long seconds, int mode)
    {
        Span<byte> block = stackalloc byte[Block];
        block.Clear();
        Encoding.ASCII.GetBytes(Extended, block);
        Octal(block.Slice(100, 8), mode);
        Octal(block.Slice(108, 8), 0);
        Octal(block.Slice(116, 8), 0);
        Octal(block.Slice(124, 12), size);
        Octal(block.Slice(136, 12), seconds);
        block[156] = (byte)type;
        "ustar\0"u8.CopyTo(block[257..]);
        "00"u8.CopyTo(block[263..]);
        block.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var part in block)
            sum += part;
        Octal(block.Slice(148, 7), sum);
        _bytes.Write(block);
    }

    private void Data(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        var over = bytes.Length % Block;
        if (over > 0)
            _bytes.Write(new byte[Block - over]);
    }

    private static void Octal(Span<byte> field, long number) =>
        Encoding.ASCII.GetBytes(Convert.ToString(number, 8).PadLeft(field.Length - 1, '0'), field);

    /// <summary>"LENGTH KEY=VALUE\n", where the length counts its own digits too.</summary>
    private static void Record(ArrayBufferWriter<byte> records, string key, string value)
    {
        var rest = Encoding.UTF8.GetBytes($" {key}={value}\n");
        var length = rest.Length + 1;
        while (length != rest.Length + length.ToString(CultureInfo.InvariantCulture).Length)
            length = rest.Length + length.ToString(CultureInfo.InvariantCulture).Length;
        records.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
        records.Write(rest);
    }
}
