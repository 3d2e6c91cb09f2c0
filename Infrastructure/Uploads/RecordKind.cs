using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Records that one call can make together: what they share (the start of each statement, its way here, its answer's) costs as much as what
/// each has for itself. The call does the usual case and nothing else: where an upload is not as it should be, it answers nothing, and each
/// goes its own way.
/// </summary>
internal abstract class RecordKind
{
    // For fewer, statements made for several cost more than they save.
    private const int Few = 3;

    public abstract NpgsqlBatchCommand Command(IReadOnlyList<QueuedRecord> records);

    /// <summary>
    /// What calls for several can make of a batch, in its order: nothing where no kind has enough, and else all of every kind, as what is
    /// left costs a commit of its own. Of an upload that has several records all but the first are left.
    /// </summary>
    public static List<List<QueuedRecord>> Several(List<QueuedRecord> batch)
    {
        var kinds = batch.Where(record => record.Kind is not null).DistinctBy(record => record.Upload).GroupBy(record => record.Kind)
            .Select(kind => kind.ToList()).ToList();
        return kinds.Exists(kind => kind.Count >= Few) ? kinds : [];
    }
}

internal sealed class RecordKind<TItem>(Func<IReadOnlyList<TItem>, NpgsqlBatchCommand> command) : RecordKind
{
    public override NpgsqlBatchCommand Command(IReadOnlyList<QueuedRecord> records) =>
        command([.. records.Select(record => (TItem)record.Item!)]);
}
