using Npgsql;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// A kind of record, and the SQL function that makes records of it: one call for several uploads, which answers each record with a row, in
/// their order.
/// </summary>
/// <param name="order">The place of the kind among the calls of a transaction.</param>
internal abstract class RecordKind(int order)
{
    /// <summary>Records that lock a session, each with a call of its own; the item makes its command.</summary>
    public static readonly RecordKind Alone = new RecordKind<Func<NpgsqlBatchCommand>>(3, commands => commands[0]());

    /// <summary>Makes a new command for every try, because a command belongs to one batch.</summary>
    public abstract NpgsqlBatchCommand Command(IReadOnlyList<QueuedRecord> records);

    /// <summary>
    /// Groups a batch into calls. Each kind locks other uploads than the others do. Every batch makes the calls of its kinds in the same
    /// order, and those of one kind in the order of the uploads, so two batches cannot deadlock. A call has one record of each upload;
    /// further ones follow in calls of their own, when their rows are locked already.
    /// </summary>
    public static List<List<QueuedRecord>> Calls(List<QueuedRecord> batch)
    {
        var calls = new List<List<QueuedRecord>>();
        foreach (var kind in batch.GroupBy(record => record.Kind).OrderBy(kind => kind.Key.Order))
        {
            var first = calls.Count;
            foreach (var record in kind.Order())
            {
                var call = kind.Key == Alone ? -1 : calls.FindIndex(first, one => one[^1].Upload != record.Upload);
                if (call < 0)
                    calls.Add([record]);
                else
                    calls[call].Add(record);
            }
        }

        return calls;
    }

    private int Order => order;
}

internal sealed class RecordKind<TItem>(int order, Func<IReadOnlyList<TItem>, NpgsqlBatchCommand> command) : RecordKind(order)
{
    public override NpgsqlBatchCommand Command(IReadOnlyList<QueuedRecord> records) =>
        command([.. records.Select(record => (TItem)record.Item)]);
}
