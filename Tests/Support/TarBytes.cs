using System.Buffers;
using System.Globalization;
using System.Text;

namespace ChunkUpload.Tests.Support;

/// <summary>Builds tar archives block by block, including invalid ones.</summary>
internal sealed class TarBytes
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public TarBytes File(string name, string content) => Member('0', Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(content));

    public TarBytes Member(char type, string name, string link = "") => Member(type, Encoding.UTF8.GetBytes(name), [], link);

    /// <param name="size">The size in the header, if it differs from the data's length.</param>
    public TarBytes Member(char type, byte[] name, byte[] data, string link = "", byte[]? size = null, bool wrongChecksum = false)
    {
        if (name.Length > 100)
            Pax(("path", name));
        var block = new byte[512];
        name.AsSpan(0, Math.Min(100, name.Length)).CopyTo(block);
        Put(block, 100, "0000644");
        (size ?? Encoding.ASCII.GetBytes(Octal(data.Length, 11))).CopyTo(block, 124);
        Put(block, 136, Octal(1_769_765_400, 11));
        block[156] = (byte)type;
        Put(block, 157, link);
        Put(block, 257, "ustar\0" + "00");
        block.AsSpan(148, 8).Fill((byte)' ');
        Put(block, 148, Octal(block.Sum(one => (int)one) + (wrongChecksum ? 1 : 0), 6) + "\0");
        _bytes.Write(block);
        return Raw(data).Raw(new byte[(512 - data.Length % 512) % 512]);
    }

    public TarBytes Pax(params (string Key, byte[] Value)[] records)
    {
        var data = new ArrayBufferWriter<byte>();
        foreach (var (key, value) in records)
        {
            var rest = key.Length + value.Length + 3;
            var length = rest + (rest + 1).ToString(CultureInfo.InvariantCulture).Length;
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
            data.Write(Encoding.ASCII.GetBytes($"{length} {key}="));
            data.Write(value);
            data.Write("\n"u8);
        }

        return Member('x', "pax"u8.ToArray(), data.WrittenSpan.ToArray());
    }

    public TarBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public byte[] End() => Raw(new byte[1024]).ToArray();

    private static string Octal(long number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');

    private static void Put(byte[] block, int at, string text) => Encoding.UTF8.GetBytes(text).CopyTo(block, at);
}
