using System.Buffers;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// Checks whether a text can be sent as a header value: visible ASCII, spaces and tabs. Requests may contain other characters.
/// </summary>
internal static class HeaderText
{
    private static readonly SearchValues<char> Characters =
        SearchValues.Create([' ', '\t', .. Enumerable.Range('!', '~' - '!' + 1).Select(character => (char)character)]);

    /// <param name="text">The text; null when there is nothing to send.</param>
    public static bool Is(string? text) => !text.AsSpan().ContainsAnyExcept(Characters);
}
