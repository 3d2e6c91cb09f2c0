using System.Data.Common;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// A write that waits in the <see cref="RecordQueue"/>: an argument of a repeatable SQL function, which answers with a row.
/// </summary>
internal abstract class QueuedRecord(UploadId upload, long offset, RecordKind kind, object item) : IComparable<QueuedRecord>
{
    private readonly (Guid Upload, long Offset) _order = (upload.Value, offset);

    public UploadId Upload => upload;

    public RecordKind Kind => kind;

    public object Item => item;

    public abstract void Read(DbDataReader reader);

    /// <summary>Completes the record with the answer that was read last, after the transaction has committed.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception reason);

    public int CompareTo(QueuedRecord? other) => other is null ? 1 : _order.CompareTo(other._order);
}

internal sealed class QueuedRecord<T>(UploadId upload, long offset, RecordKind kind, object item, Func<DbDataReader, T> read)
    : QueuedRecord(upload, offset, kind, item)
{
    // Continuations run elsewhere: the recording thread continues with the next batch.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _answer;

    public Task<T> Completion => _completion.Task;

    public override void Read(DbDataReader reader) => _answer = read(reader);

    public override void Complete() => _ = _completion.TrySetResult(_answer!);

    public override void Fail(Exception reason) => _ = _completion.TrySetException(reason);
}
