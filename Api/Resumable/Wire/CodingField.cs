using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>
/// Parses <c>Content-Encoding</c> of an upload, which is stored with the upload because the bytes are stored as received (R15).
/// </summary>
internal static class CodingField
{
    private const int MaxCharacters = 100;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~, ");

    /// <param name="codings">The codings; null if there are none.</param>
    /// <returns>False when the field is not a list of codings.</returns>
    public static bool TryRead(StringValues field, out string? codings)
    {
        codings = null;
        if (field.Count == 0)
            return true;
        var text = string.Join(", ", field.ToArray()).Trim();
        if (text.Length is 0 or > MaxCharacters || text.AsSpan().ContainsAnyExcept(Allowed))
            return false;
        codings = text.Equals("identity", StringComparison.OrdinalIgnoreCase) ? null : text;
        return true;
    }
}
