using System.Globalization;

namespace ChunkUpload.Api.Lists;

/// <summary>Writes lines of CSV (RFC 4180).</summary>
internal static class CsvText
{
    public const string MediaType = "text/csv; charset=utf-8";

    public static string Line(params ReadOnlySpan<object?> fields)
    {
        var texts = new string[fields.Length];
        for (var i = 0; i < fields.Length; i++)
        {
            texts[i] = fields[i] switch
            {
                null => "",
                string text => Field(text),
                DateTimeOffset time => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                var other => Field(other.ToString() ?? ""),
            };
        }

        return string.Join(',', texts) + "\r\n";
    }

    // Spreadsheets interpret a field that begins like a formula as one, also with fullwidth characters or after white space.
    private static string Field(string text)
    {
        if (text.Length == 0)
            return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠')
            text = "'" + text;
        return text.AsSpan().ContainsAny("\",\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
