using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary>Parses <c>Upload-Defer-Length: 1</c>; no other value is valid (T71).</summary>
internal static class DeferLengthField
{
    public static FieldStatus Read(StringValues field) => field.Count switch
    {
        0 => FieldStatus.Absent,
        1 => field[0] == "1" ? FieldStatus.Found : FieldStatus.Malformed,
        _ => FieldStatus.Contradictory,
    };
}
