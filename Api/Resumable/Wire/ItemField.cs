using System.Globalization;
using ChunkUpload.Api.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>
/// Fields that are one structured item. Whatever is not the item that is meant counts as not sent, and is no error in itself
/// (R10-R12); so do several lines, of which a proxy and a server may each believe another one (R14).
/// </summary>
internal static class ItemField
{
    /// <summary>The largest integer that structured fields have.</summary>
    public const long MostInteger = 999_999_999_999_999;

    public static long? Integer(StringValues field) =>
        field.Count == 1
        && StructuredDictionary.TryReadItem(field[0], out var kind, out var value)
        && kind == StructuredKind.Number
        && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= 0
            ? number
            : null;

    public static bool? Boolean(StringValues field) =>
        field.Count == 1 && StructuredDictionary.TryReadItem(field[0], out var kind, out var value) && kind == StructuredKind.Boolean
            ? value is "1"
            : null;

    public static string Write(long number) => Math.Min(number, MostInteger).ToString(CultureInfo.InvariantCulture);

    public static string Write(bool value) => value ? "?1" : "?0";
}
