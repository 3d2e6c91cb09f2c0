using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// A kind of record that one SQL statement can make for several uploads. The shared cost (the start of the statement, its round trip and
/// reply) is about as large as the cost of one record. The call handles the usual case only. For an upload that is not in the expected
/// state it returns no row, and the caller then sends that record alone.
/// </summary>
internal abstract class RecordKind
{
    // For fewer records, a combined statement costs more than it saves.
    private const int LeastCombined = 3;

    public abstract NpgsqlBatchCommand Command(IReadOnlyList<QueuedRecord> records);

    /// <summary>
    /// Groups a batch into combined calls. Returns nothing if no kind has enough records. Otherwise returns the records of every kind,
    /// because each record that is left over costs another commit. Of each upload only the first record is taken.
    /// </summary>
    public static List<List<QueuedRecord>> GroupByKind(List<QueuedRecord> batch)
    {
        var kinds = batch.Where(record => record.Kind is not null).DistinctBy(record => record.Upload).GroupBy(record => record.Kind)
            .Select(kind => kind.ToList()).ToList();
        return kinds.Exists(kind => kind.Count >= LeastCombined) ? kinds : [];
    }
}

internal sealed class RecordKind<TItem>(Func<IReadOnlyList<TItem>, NpgsqlBatchCommand> command) : RecordKind
{
    public override NpgsqlBatchCommand Command(IReadOnlyList<QueuedRecord> records) =>
        command([.. records.Select(record => (TItem)record.Item!)]);
}
