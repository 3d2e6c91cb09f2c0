using System.Text.Json;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Outbound;

/// <summary>
/// The limits of a storage's responses other than content. A storage is not trusted, and a response without a limit could use up the memory
/// of the service.
/// </summary>
internal static class AnswerLimits
{
    public const int MostBytes = 16 << 20;

    /// <summary>
    /// The maximum number of JSON tokens or XML tags, ten times that of a page of a thousand items. Short tokens need many times their
    /// length in memory, so a limit of bytes alone would not limit memory.
    /// </summary>
    public const int MostTokens = 500_000;

    /// <summary>The maximum number of items in a list without a requested length.</summary>
    public const int MostItems = 10_000;

    public static StorageFault TooLong { get; } =
        new(FaultKind.Refused, $"The storage sent an answer of more than {MostBytes >> 20} MiB, or of too many elements.");

    /// <summary>Returns a fault if a page has more items than requested; otherwise, <c>null</c>.</summary>
    public static StorageFault? CountFault(int items, int asked) =>
        items > asked ? new StorageFault(FaultKind.Refused, $"The storage sent {items} items where at most {asked} were asked for.") : null;

    /// <summary>Returns a fault if a JSON array has more items than requested, or items of another kind; otherwise, <c>null</c>.</summary>
    public static StorageFault? CountFault(JsonElement items, int asked, JsonValueKind kind = JsonValueKind.Object) =>
        CountFault(items.GetArrayLength(), asked) ?? (items.EnumerateArray().All(item => item.ValueKind == kind)
            ? null
            : new StorageFault(FaultKind.Transient, "The storage sent a list that cannot be read."));
}

/// <summary>The exception that is thrown if a storage sends more than <see cref="AnswerLimits"/> allow.</summary>
internal sealed class AnswerTooLongException() : IOException("The answer of a storage is too long.");
