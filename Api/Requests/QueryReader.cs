using System.Globalization;
using System.Text;
using ChunkUpload.Api.Errors;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Requests;

/// <summary>
/// Reads query parameters and keeps the first error in <see cref="Refusal"/>. An unknown name is also an error, because silently ignoring a
/// misspelt filter would show the wrong items.
/// </summary>
internal sealed class QueryReader
{
    private const int MaxCharacters = 255;

    /// <summary>Ids of folders may be paths.</summary>
    private const int MaxPathCharacters = 1200;

    private readonly IQueryCollection _query;

    public QueryReader(IQueryCollection query, params ReadOnlySpan<string> expected)
    {
        _query = query;
        foreach (var name in query.Keys)
        {
            if (!expected.Contains(name))
            {
                Refuse(expected.IsEmpty
                    ? "This call takes no parameters."
                    : $"There is no parameter of this name here; there are: {string.Join(", ", expected!)}.");
            }
        }
    }

    public Refusal? Refusal { get; private set; }

    public void Refuse(string detail) => Refusal ??= Refusal.Of(RequestError.InvalidParameter, detail);

    public void RefuseCursor() =>
        Refusal ??= Refusal.Of(RequestError.InvalidCursor, "This cursor does not belong to this list and order; begin without one.");

    public string? Text(string name)
    {
        var values = _query[name];
        if (values.Count == 0)
            return null;
        if (values.Count > 1)
            Refuse($"{name} occurs more than once.");
        return Checked(name, values[0]);
    }

    /// <summary>Returns values separated by commas, or given as repeated parameters.</summary>
    public IEnumerable<string> Texts(string name)
    {
        StringValues values = _query[name];
        return values.SelectMany(
            value => (Checked(name, value) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    public long? Number(string name, long least, long most)
    {
        if (Text(name) is not { } text)
            return null;
        if (WholeNumber.TryParse(text, out var number) && number >= least && number <= most)
            return number;
        Refuse($"{name} must be a whole number from {least} to {most}.");
        return null;
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (char.IsAsciiDigit(text.FirstOrDefault()) && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return time;
        }

        Refuse($"{name} must be a time in ISO 8601, such as 2026-01-15T09:30:00Z.");
        return null;
    }

    /// <summary>Parses seconds, or a number with s, m, h or d.</summary>
    public TimeSpan? Age(string name)
    {
        if (Text(name) is not { Length: > 0 } text)
            return null;
        var (unit, digits) = text[^1] switch
        {
            's' => (TimeSpan.FromSeconds(1), text[..^1]),
            'm' => (TimeSpan.FromMinutes(1), text[..^1]),
            'h' => (TimeSpan.FromHours(1), text[..^1]),
            'd' => (TimeSpan.FromDays(1), text[..^1]),
            _ => (TimeSpan.FromSeconds(1), text),
        };
        if (WholeNumber.TryParse(digits, out var count) && count <= TimeSpan.FromDays(36500) / unit)
            return unit * count;
        Refuse($"{name} must be an age such as 90s, 15m, 24h or 7d.");
        return null;
    }

    private string? Checked(string name, string? text)
    {
        var most = name == "folder" ? MaxPathCharacters : MaxCharacters;
        if (text?.Length > most && name is not ("cursor" or "since"))
            Refuse($"{name} has more than {most} characters.");
        else if (text is not null && !IsStorable(text))
            Refuse($"{name} is not text that a name can contain.");
        return text;
    }

    private static bool IsStorable(string text)
    {
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var used) != System.Buffers.OperationStatus.Done || rune.Value == 0)
                return false;
            rest = rest[used..];
        }

        return true;
    }
}
