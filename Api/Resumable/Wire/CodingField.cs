using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary><c>Content-Encoding</c> of what is uploaded: kept with it, because its bytes are kept as they are (R15).</summary>
internal static class CodingField
{
    private const int MostCharacters = 100;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~, ");

    /// <param name="codings">Null: none.</param>
    /// <returns>False when it is no list of codings.</returns>
    public static bool TryRead(StringValues field, out string? codings)
    {
        codings = null;
        if (field.Count == 0)
            return true;
        var text = string.Join(", ", field.ToArray()).Trim();
        if (text.Length is 0 or > MostCharacters || text.AsSpan().ContainsAnyExcept(Allowed))
            return false;
        codings = text.Equals("identity", StringComparison.OrdinalIgnoreCase) ? null : text;
        return true;
    }
}
