using System.Data.Common;
using ChunkUpload.Core.Uploads;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>A write that waits in the <see cref="RecordQueue"/>: a call of a repeatable SQL function that returns one row.</summary>
internal abstract class QueuedRecord(UploadId upload, long offset) : IComparable<QueuedRecord>
{
    private readonly (Guid Upload, long Offset) _order = (upload.Value, offset);

    public UploadId Upload => upload;

    /// <summary>Null if the record can only be sent alone.</summary>
    public abstract RecordKind? Kind { get; }

    /// <summary>The record's argument for a combined call of its kind.</summary>
    public abstract object? Item { get; }

    /// <summary>False if a combined call returned no row for this record.</summary>
    public bool HasResult { get; protected set; }

    /// <summary>Creates a new command for every try, because a command belongs to one batch.</summary>
    public abstract NpgsqlBatchCommand Command();

    public abstract void Read(DbDataReader reader);

    /// <summary>Takes the result of a combined call: the upload as it is now, or the outcome with which it was refused.</summary>
    public abstract void Read(string? refusal, Upload? now);

    /// <summary>Completes the record with the result that was read last, after the transaction has committed.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception reason);

    public int CompareTo(QueuedRecord? other) => other is null ? 1 : _order.CompareTo(other._order);
}

internal sealed class QueuedRecord<T>(UploadId upload, long offset, Func<NpgsqlBatchCommand> command, Func<DbDataReader, T> read)
    : QueuedRecord(upload, offset)
{
    // Continuations run elsewhere: the recording thread continues with the next batch.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    /// <summary>How a combined call makes this record, and the answer that it then has.</summary>
    public (RecordKind Kind, object Item, Func<string?, Upload?, T> ToResult)? Combined { get; init; }

    public override RecordKind? Kind => Combined?.Kind;

    public override object? Item => Combined?.Item;

    public Task<T> Completion => _completion.Task;

    public override NpgsqlBatchCommand Command() => command();

    public override void Read(DbDataReader reader) => (_result, HasResult) = (read(reader), true);

    public override void Read(string? refusal, Upload? now) => (_result, HasResult) = (Combined!.Value.ToResult(refusal, now), true);

    public override void Complete() => _ = _completion.TrySetResult(_result!);

    public override void Fail(Exception reason) => _ = _completion.TrySetException(reason);
}
