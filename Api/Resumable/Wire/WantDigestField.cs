using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>
/// Parses <c>Want-Repr-Digest</c>: whether the client requests the file's SHA-256 (R102). The service provides no other digest.
/// </summary>
internal static class WantDigestField
{
    public static bool WantsSha256(StringValues field)
    {
        if (field.Count == 0)
            return false;
        var wants = false;
        var members = new StructuredDictionary(field.Count == 1 ? field[0] : string.Join(", ", field.ToArray()));
        while (members.MoveNext())
        {
            if (members.Key is "sha-256")
                wants = members.Kind == StructuredKind.Number && WholeNumber.TryParse(members.Value, out var weight) && weight > 0;
        }

        return wants && !members.Malformed;
    }
}
