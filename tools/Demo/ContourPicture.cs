using System.Buffers.Binary;
using System.IO.Compression;

namespace ChunkUpload.Demo;

/// <summary>An invented sea chart as a PNG: lines of equal depth, and the way of a ship.</summary>
internal static class ContourPicture
{
    private const byte Water = 0x26;
    private const int Line = 0x50;
    private const double Lines = 9;

    // Where it is shallow: place, width and height, in shares of the picture.
    private static readonly (double X, double Y, double Wide, double High)[] Banks =
        [(0.14, 0.62, 0.16, 1), (0.44, 0.24, 0.2, 0.8), (0.72, 0.7, 0.24, 1.2), (0.93, 0.2, 0.14, 0.9)];

    private static readonly (double X, double Y)[] Way = [(0, 0.92), (0.26, 0.56), (0.5, 0.68), (0.76, 0.3), (1, 0.44)];

    public static byte[] Draw(int width, int height)
    {
        // A row begins with its filter: none.
        var rows = new byte[height * (1 + (width * 3))];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                Colour(rows.AsSpan((y * (1 + (width * 3))) + 1 + (x * 3), 3), x, y, width, height);
        }

        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (8, 2);
        Write(png, "IHDR"u8, head);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(rows);
        Write(png, "IDAT"u8, packed.ToArray());
        Write(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Colour(Span<byte> pixel, int x, int y, int width, int height)
    {
        var depth = Depth((double)x / width, (double)y / width);
        // The distance to the next line in pixels: depth changes by its slope from one to the next.
        var slope = Math.Abs(Depth((x + 1.0) / width, (double)y / width) - depth)
            + Math.Abs(Depth((double)x / width, (y + 1.0) / width) - depth) + 1e-9;
        var line = Math.Clamp(1.6 - (Math.Abs(depth - Math.Round(depth)) / slope), 0, 1);
        var shade = Water + (line * Line) + (2 * Math.Round(depth));
        pixel.Fill((byte)shade);
        if (Along((double)x / width, (double)y / height, height) is { } at && (int)(at * 60) % 2 == 0)
            (pixel[0], pixel[1], pixel[2]) = (0x50, 0xC1, 0xA8);
    }

    private static double Depth(double x, double y) => Lines * Banks.Sum(bank =>
        bank.High * Math.Exp(-((Math.Pow((x - bank.X) / bank.Wide, 2) + Math.Pow((y - (bank.Y / 2)) / bank.Wide, 2)) * 2))) / 1.3;

    /// <summary>How far along its way the ship is at this place; null where it never is.</summary>
    private static double? Along(double x, double y, int height)
    {
        for (var i = 1; i < Way.Length; i++)
        {
            var ((x0, y0), (x1, y1)) = (Way[i - 1], Way[i]);
            var at = (x - x0) / (x1 - x0);
            if (at is >= 0 and <= 1 && Math.Abs(y0 + (at * (y1 - y0)) - y) * height < 2.4)
                return x;
        }

        return null;
    }

    private static void Write(MemoryStream png, ReadOnlySpan<byte> kind, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(kind);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Sum(Sum(~0u, kind), data));
        png.Write(number);
    }

    /// <summary>The CRC-32 that PNG asks for, without its last inversion.</summary>
    private static uint Sum(uint sum, ReadOnlySpan<byte> data)
    {
        foreach (var one in data)
        {
            sum ^= one;
            for (var bit = 0; bit < 8; bit++)
                sum = (sum & 1) == 1 ? 0xEDB88320 ^ (sum >> 1) : sum >> 1;
        }

        return sum;
    }
}
