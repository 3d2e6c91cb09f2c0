using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary><c>Tus-Resumable</c> of a request.</summary>
internal static class VersionField
{
    /// <summary>Returns whether the header is present and names the supported version; a repeated line must be equal (T3).</summary>
    public static bool IsSupported(StringValues field)
    {
        foreach (var value in field)
        {
            if (value != TusHeaders.Version)
                return false;
        }

        return field.Count > 0;
    }
}
