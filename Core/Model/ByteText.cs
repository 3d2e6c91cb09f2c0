using System.Globalization;

namespace ChunkUpload.Core.Model;

/// <summary>Amounts of bytes in sentences for people: with a unit, and at most two decimals.</summary>
public static class ByteText
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    public static string Of(long bytes)
    {
        if (bytes < 1024)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes");
        var (amount, unit) = (bytes / 1024m, 0);
        for (; amount >= 1024; unit++)
            amount /= 1024;
        // Rounded down, so that a limit is never shown too high.
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(amount * 100) / 100:0.##} {Units[unit]}");
    }
}
