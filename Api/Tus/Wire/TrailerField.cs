using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary>Parses <c>Trailer</c>: the names of the fields after the body.</summary>
internal static class TrailerField
{
    public static bool Announces(StringValues field, ReadOnlySpan<char> name)
    {
        foreach (var line in field)
        {
            var names = line.AsSpan();
            foreach (var part in names.Split(','))
            {
                if (names[part].Trim(" \t").Equals(name, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }
}
