using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary><c>Tus-Resumable</c> of a request.</summary>
internal static class VersionField
{
    /// <summary>There, and the version that is spoken here; said twice, then twice the same (T3).</summary>
    public static bool IsSpoken(StringValues field)
    {
        foreach (var value in field)
        {
            if (value != TusHeaders.Version)
                return false;
        }

        return field.Count > 0;
    }
}
