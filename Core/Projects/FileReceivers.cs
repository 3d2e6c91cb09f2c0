using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Tracks which receivers are online. A device sends a file only to an online receiver, so that the service stores no bytes in vain. A
/// receiver is online if it has queried its transfer recently or has an open event stream. It is in memory only, because receivers
/// reconnect.
/// </summary>
public sealed class FileReceivers(EventFeed feed, IFileTransferLedger ledger, ProjectOptions options, TimeProvider time)
{
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<Guid, long> _seen = new();

    /// <summary>Records a request of the receiver, and notifies the device if it has waited for the receiver.</summary>
    public async Task NoteAsync(FileTransfer transfer, Caller caller, CancellationToken cancellationToken)
    {
        // The sending device may belong to the same user.
        if (!transfer.IsOpen || !transfer.IsAskedBy(caller) || transfer.IsSentBy(caller)
            || (transfer.TargetKey is { } key && caller.ApiKey != key))
            return;
        var isNew = !IsWaitedFor(transfer);
        See(transfer.Id);
        if (transfer.Batch is { } batch)
            See(batch);
        if (isNew && transfer.Answer == FileAnswer.Approved
            && (transfer.Status == FileTransferStatus.Pending || transfer.Way != FileWay.Relay))
            await ledger.WakeAsync(transfer.Id, cancellationToken);
    }

    /// <summary>Records a request of the receiver for a whole batch.</summary>
    public async Task NoteAsync(FileBatch batch, Caller caller, CancellationToken cancellationToken)
    {
        if (!batch.IsOpen || !batch.IsAskedBy(caller) || (batch.TargetKey is { } key && caller.ApiKey != key))
            return;
        var isNew = !IsFresh(batch.Id);
        See(batch.Id);
        if (isNew && batch.Next is { } next)
            await ledger.WakeAsync(next, cancellationToken);
    }

    public bool IsThere(FileTransfer transfer) => IsWaitedFor(transfer) || feed.Listeners.Any(listener =>
        listener.Caller is { } caller && caller.Tenant == transfer.Tenant && caller.Subject == transfer.Requester
        && (transfer.TargetKey is { } key ? caller.ApiKey == key : caller.ApiKey != transfer.Source.Key));

    private void See(Guid id)
    {
        if (_seen.Count >= Most)
            Forget();
        _seen[id] = time.GetTimestamp();
    }

    /// <summary>
    /// Returns whether the receiver is online. The receiver of a batch fetches its files one after the other, so it is online for all of
    /// them.
    /// </summary>
    private bool IsWaitedFor(FileTransfer transfer) => IsFresh(transfer.Id) || (transfer.Batch is { } batch && IsFresh(batch));

    private bool IsFresh(Guid transfer) =>
        _seen.TryGetValue(transfer, out var at) && time.GetElapsedTime(at) < options.ReceiverStays;

    private void Forget()
    {
        foreach (var (transfer, at) in _seen)
        {
            if (time.GetElapsedTime(at) >= options.ReceiverStays)
                _ = _seen.TryRemove(new(transfer, at));
        }
    }
}
