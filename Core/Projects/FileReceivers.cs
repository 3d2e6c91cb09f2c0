using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Which receivers are there: a device sends a file only then, so that no bytes lie on the service for nobody. A receiver is there that has
/// asked for its transfer lately, or listens to events. It is in memory only, because receivers come back by themselves.
/// </summary>
public sealed class FileReceivers(EventFeed feed, IFileTransferLedger ledger, ProjectOptions options, TimeProvider time)
{
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<Guid, long> _seen = new();

    /// <summary>Notes a request of the receiver, and tells the device if that has waited for it.</summary>
    public async Task NoteAsync(FileTransfer transfer, Caller caller, CancellationToken cancellationToken)
    {
        // The device that sends may have the same user.
        if (!transfer.IsOpen || !transfer.IsAskedBy(caller) || transfer.IsSentBy(caller)
            || (transfer.TargetKey is { } key && caller.ApiKey != key))
            return;
        var isNew = !IsFresh(transfer.Id);
        if (_seen.Count >= Most)
            Forget();
        _seen[transfer.Id] = time.GetTimestamp();
        if (isNew && transfer.Answer == FileAnswer.Approved
            && (transfer.Status == FileTransferStatus.Pending || transfer.Way != FileWay.Relay))
            await ledger.WakeAsync(transfer.Id, cancellationToken);
    }

    public bool IsThere(FileTransfer transfer) => IsFresh(transfer.Id) || feed.Listeners.Any(listener =>
        listener.Caller is { } caller && caller.Tenant == transfer.Tenant && caller.Subject == transfer.Requester
        && (transfer.TargetKey is { } key ? caller.ApiKey == key : caller.ApiKey != transfer.Source.Key));

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
