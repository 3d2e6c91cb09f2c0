using System.Text.Json;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>The words of the ledger for values of enums: in lower case, with underscores.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public static string? Of<T>(T? value)
        where T : struct, Enum => value is { } one ? Of(one) : null;

    public static T Parse<T>(string word)
        where T : struct, Enum => Enum.Parse<T>(word.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    public static T? ParseOrNull<T>(string? word)
        where T : struct, Enum => word is null ? null : Parse<T>(word);
}
