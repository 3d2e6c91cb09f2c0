using System.Globalization;

namespace ChunkUpload.Wire;

/// <summary>Bytes a second as people write them: 512k, 10M, 1.5G, or off for no limit. The letters are powers of 1024.</summary>
public static class BandwidthRate
{
    /// <summary>Slower flows would run into the timeouts of clients, because bytes pass in batches.</summary>
    public const long Least = 8 << 10;

    public const string Off = "off";

    /// <param name="rate">Null means no limit.</param>
    public static bool TryParse(string text, out long? rate)
    {
        rate = null;
        if (text.Equals(Off, StringComparison.OrdinalIgnoreCase))
            return true;
        var unit = text.Length == 0 ? 1 : char.ToLowerInvariant(text[^1]) switch
        {
            'k' => 1L << 10,
            'm' => 1L << 20,
            'g' => 1L << 30,
            _ => 1,
        };
        var digits = unit == 1 ? text : text[..^1];
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / (1L << 30) || number * unit < Least)
            return false;
        rate = (long)(number * unit);
        return true;
    }
}
