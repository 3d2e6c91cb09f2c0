using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>Parses <c>Upload-Draft-Interop-Version</c>: absent, supported or unsupported.</summary>
internal static class VersionField
{
    /// <returns>False when the client named an unsupported version.</returns>
    public static bool Read(StringValues field, out Dialect? named)
    {
        named = null;
        if (field.Count == 0)
            return true;
        named = ItemField.Integer(field) is { } version ? Dialect.Of(version) : null;
        return named is not null;
    }
}
