using ChunkUpload.Api.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary><c>Upload-Defer-Length: 1</c>; no other value means anything (T71).</summary>
internal static class DeferLengthField
{
    public static Reading Read(StringValues field) => field.Count switch
    {
        0 => Reading.Absent,
        1 => field[0] == "1" ? Reading.Found : Reading.Malformed,
        _ => Reading.Contradictory,
    };
}
