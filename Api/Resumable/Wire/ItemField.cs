using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>
/// Parses fields that hold one structured item. A value of another type is ignored and not an error (R10-R12). Repeated fields are also
/// ignored, because a proxy and the server may each use a different one (R14).
/// </summary>
internal static class ItemField
{
    /// <summary>The largest integer of structured fields.</summary>
    public const long MaxInteger = 999_999_999_999_999;

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

    public static string Write(long number) => Math.Min(number, MaxInteger).ToString(CultureInfo.InvariantCulture);

    public static string Write(bool value) => value ? "?1" : "?0";
}
