using ChunkUpload.Api.Wire;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>The file's name in <c>Content-Disposition</c>, made safe: the client gave it as a remark (R58, R122).</summary>
internal static class DispositionField
{
    public static string FileName(StringValues field)
    {
        var name = field.Count == 1 && ContentDispositionHeaderValue.TryParse(field[0], out var parsed)
            ? parsed.FileNameStar.HasValue ? parsed.FileNameStar : HeaderUtilities.RemoveQuotes(parsed.FileName)
            : default;
        return FileNameRule.MakeSafe(name.ToString());
    }
}
