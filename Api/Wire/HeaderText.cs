using System.Buffers;

namespace ChunkUpload.Api.Wire;

/// <summary>What can be sent back as a header's value: visible ASCII, blanks and tabs. A request may bring more.</summary>
internal static class HeaderText
{
    private static readonly SearchValues<char> Characters =
        SearchValues.Create([' ', '\t', .. Enumerable.Range('!', '~' - '!' + 1).Select(character => (char)character)]);

    /// <param name="text">Null: there is nothing to be sent.</param>
    public static bool Is(string? text) => !text.AsSpan().ContainsAnyExcept(Characters);
}
