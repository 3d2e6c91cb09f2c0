using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Records that one call can make together: what they share (the start of each statement, its way here, its answer's) costs as much as what each has for
/// itself. The call does the usual case and nothing else: where one of them is not usual it does nothing, answers nothing, and each goes its own way.
/// </summary>
internal abstract class RecordKind
{
    // For fewer, statements made for several cost more than they save.
    private const int Few = 3;

    public abstract NpgsqlBatchCommand Command(IReadOnlyList<QueuedRecord> records);

    /// <summary>A batch by the calls that it takes. Of an upload that has several records, each is made alone.</summary>
    public static List<List<QueuedRecord>> Calls(List<QueuedRecord> batch)
    {
        var several = batch.Where(record => record.Kind is not null).DistinctBy(record => record.Upload).GroupBy(record => record.Kind)
            .Where(kind => kind.Count() >= Few).Select(kind => kind.ToList()).ToList();
        var with = several.SelectMany(call => call).ToHashSet();
        return [.. several, .. batch.Where(record => !with.Contains(record)).Select(record => new List<QueuedRecord> { record })];
    }
}

internal sealed class RecordKind<TItem>(Func<IReadOnlyList<TItem>, NpgsqlBatchCommand> command) : RecordKind
{
    public override NpgsqlBatchCommand Command(IReadOnlyList<QueuedRecord> records) => command([.. records.Select(record => (TItem)record.Item!)]);
}
