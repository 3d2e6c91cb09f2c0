using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary><c>Upload-Draft-Interop-Version</c>: absent, one that is spoken here, or another.</summary>
internal static class VersionField
{
    /// <returns>False when there is one and it is not spoken here.</returns>
    public static bool Read(StringValues field, out Dialect? named)
    {
        named = null;
        if (field.Count == 0)
            return true;
        named = ItemField.Integer(field) is { } version ? Dialect.Of(version) : null;
        return named is not null;
    }
}
