using ChunkUpload.Api.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary>A header with one number of bytes: <c>Upload-Offset</c>, <c>Upload-Length</c>.</summary>
internal static class NumberField
{
    /// <summary>Two lines are refused even when they agree: a proxy and a server may each believe another one (T11).</summary>
    public static Reading Read(StringValues field, out long number)
    {
        number = 0;
        return field.Count switch
        {
            0 => Reading.Absent,
            1 => WholeNumber.TryParse(field[0], out number) ? Reading.Found : Reading.Malformed,
            _ => Reading.Contradictory,
        };
    }
}
