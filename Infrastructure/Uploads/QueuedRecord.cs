using System.Data.Common;
using ChunkUpload.Core.Uploads;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>One hot write on its way: a call of a function that may be repeated and answers with one row.</summary>
internal abstract class QueuedRecord(UploadId upload, long offset) : IComparable<QueuedRecord>
{
    private readonly (Guid Upload, long Offset) _order = (upload.Value, offset);

    public UploadId Upload => upload;

    /// <summary>Null where it can only be made alone.</summary>
    public abstract RecordKind? Kind { get; }

    /// <summary>What its kind needs to know of it.</summary>
    public abstract object? Item { get; }

    /// <summary>False when a call for several has not answered for it.</summary>
    public bool WasRead { get; protected set; }

    /// <summary>A new one for every try: a command belongs to its batch.</summary>
    public abstract NpgsqlBatchCommand Command();

    public abstract void Read(DbDataReader reader);

    /// <summary>It was made with others: the upload as it is now.</summary>
    public abstract void Read(Upload now);

    /// <summary>Hands out what was read last: the transaction has committed.</summary>
    public abstract void Settle();

    public abstract void Fail(Exception reason);

    public int CompareTo(QueuedRecord? other) => other is null ? 1 : _order.CompareTo(other._order);
}

internal sealed class QueuedRecord<T>(UploadId upload, long offset, Func<NpgsqlBatchCommand> command, Func<DbDataReader, T> read)
    : QueuedRecord(upload, offset)
{
    // The thread that records goes on with the next batch.
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _read;

    /// <summary>How it can be made with others, and what is then the answer.</summary>
    public (RecordKind Kind, object Item, Func<Upload, T> Answer)? Together { get; init; }

    public override RecordKind? Kind => Together?.Kind;

    public override object? Item => Together?.Item;

    public Task<T> Answer => _answer.Task;

    public override NpgsqlBatchCommand Command() => command();

    public override void Read(DbDataReader reader) => (_read, WasRead) = (read(reader), true);

    public override void Read(Upload now) => (_read, WasRead) = (Together!.Value.Answer(now), true);

    public override void Settle() => _ = _answer.TrySetResult(_read!);

    public override void Fail(Exception reason) => _ = _answer.TrySetException(reason);
}
