using ChunkUpload.Core.Tree;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>
/// Reads the file name from <c>Content-Disposition</c> and makes it safe: the client gives it only as a hint (R58, R122).
/// </summary>
internal static class DispositionField
{
    public static string FileName(StringValues field)
    {
        var name = field.Count == 1 && ContentDispositionHeaderValue.TryParse(field[0], out var parsed)
            ? NameIn(parsed)
            : default;
        return FileNameRule.MakeSafe(name.ToString());
    }

    private static StringSegment NameIn(ContentDispositionHeaderValue field) =>
        Read(() => field.FileNameStar) is { HasValue: true } name ? name : HeaderUtilities.RemoveQuotes(Read(() => field.FileName));

    // The framework's parser accepts a parameter without a value or in UTF-7, and throws when the name is read.
    private static StringSegment Read(Func<StringSegment> parameter)
    {
        try
        {
            return parameter();
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return default;
        }
    }
}
