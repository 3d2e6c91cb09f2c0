using System.Globalization;

namespace ChunkUpload.Core.Events;

/// <summary>
/// A position in the events of the ledger: after this row of this transaction. Rows are numbered when they are written, not when they are
/// committed, so the number alone does not order them (E12).
/// </summary>
/// <param name="Generation">The ledger's generation. It rises when a backup is restored, and earlier cursors become invalid.</param>
public readonly record struct EventCursor(long Generation, ulong Transaction, long Id)
{
    private const int LongestText = 64;

    public bool IsBefore(EventCursor other) =>
        (Generation, Transaction, Id).CompareTo((other.Generation, other.Transaction, other.Id)) < 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Generation}-{Transaction}-{Id}");

    public static bool TryParse(string text, out EventCursor cursor)
    {
        cursor = default;
        if (text.Length > LongestText || text.Split('-') is not [var generation, var transaction, var id])
            return false;
        if (!long.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !ulong.TryParse(transaction, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            || !long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var third))
            return false;
        cursor = new EventCursor(first, second, third);
        return true;
    }
}
