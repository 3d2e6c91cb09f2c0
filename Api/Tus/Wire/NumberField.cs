using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary>Parses a header with one number of bytes: <c>Upload-Offset</c>, <c>Upload-Length</c>.</summary>
internal static class NumberField
{
    /// <summary>
    /// Reads the number. Repeated fields are refused even if they are equal, because a proxy and the server may each use a different one
    /// (T11).
    /// </summary>
    public static FieldStatus Read(StringValues field, out long number)
    {
        number = 0;
        return field.Count switch
        {
            0 => FieldStatus.Absent,
            1 => WholeNumber.TryParse(field[0], out number) ? FieldStatus.Found : FieldStatus.Malformed,
            _ => FieldStatus.Contradictory,
        };
    }
}
