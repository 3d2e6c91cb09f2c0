using System.Text.Json;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Outbound;

/// <summary>
/// What a storage may answer where no content was asked for. Its owner may be anybody, and an answer without a limit would take the memory
/// of the service.
/// </summary>
internal static class AnswerLimits
{
    public const int MostBytes = 16 << 20;

    /// <summary>
    /// The number of JSON tokens, or of XML tags. A page of a thousand items has about a tenth of them. Short tokens take many times their
    /// length in memory, so that a limit of bytes alone would not be one of memory.
    /// </summary>
    public const int MostTokens = 500_000;

    /// <summary>The number of items in a list whose length is not asked for.</summary>
    public const int MostItems = 10_000;

    public static StorageFault TooLong { get; } =
        new(FaultKind.Refused, $"The storage sent an answer of more than {MostBytes >> 20} MiB, or of too many elements.");

    /// <summary>Returns a fault if a page has more items than were asked for; otherwise, <c>null</c>.</summary>
    public static StorageFault? CountFault(int items, int asked) =>
        items > asked ? new StorageFault(FaultKind.Refused, $"The storage sent {items} items where at most {asked} were asked for.") : null;

    /// <summary>Returns a fault if a JSON array has more items than were asked for; otherwise, <c>null</c>.</summary>
    public static StorageFault? CountFault(JsonElement items, int asked) => CountFault(items.GetArrayLength(), asked);
}

/// <summary>A storage sent more than <see cref="AnswerLimits"/> allow.</summary>
internal sealed class AnswerTooLongException() : IOException("The answer of a storage is too long.");
