using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Watches the uploads that relay file transfers: notifies their readers of new bytes, records the progress every second, and ends running
/// transfers whose rights have ended.
/// </summary>
public sealed class RelayWatch : PeriodicStep, IDurableBytesListener
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly IFileTransferLedger _ledger;
    private readonly ProgressBook _book;
    private readonly WorkQueue _queue;
    private readonly ConcurrentDictionary<UploadId, byte> _moved = new();
    private readonly ConcurrentDictionary<UploadId, TaskCompletionSource> _waiting = new();

    public RelayWatch(
        UploadHub hub, AccessWatch access, IFileTransferLedger ledger, ProgressBook book, WorkQueue queue, TimeProvider time,
        ILogger<RelayWatch> log)
        : base(Every, time, log)
    {
        (_ledger, _book, _queue) = (ledger, book, queue);
        hub.Subscribe(this);
        access.Changed += EndLostAsync;
    }

    public override int Order => StartOrder.Background + 10;

    public override string Name => "relays";

    public void OnDurable(in DurableBytes durable)
    {
        if (durable.Upload.RelayOf is null)
            return;
        Note(durable.Upload.Id);
        if (_waiting.TryRemove(durable.Upload.Id, out var waiting))
            waiting.TrySetResult();
    }

    /// <summary>Records that a relay has received bytes.</summary>
    public void Note(UploadId relay) => _moved[relay] = 0;

    /// <summary>Returns a task that completes when the relay receives more bytes. Get the task before reading the state.</summary>
    public Task NextBytes(UploadId relay) => _waiting.GetOrAdd(
        relay, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        // Waiting readers also check once a second, so no notification is lost.
        foreach (var (relay, waiting) in _waiting)
        {
            if (_waiting.TryRemove(new(relay, waiting)))
                waiting.TrySetResult();
        }

        var moved = _moved.Keys.ToList();
        if (moved.Count == 0)
            return;
        foreach (var relay in moved)
            _ = _moved.TryRemove(relay, out _);
        // Without a name, because an operator who receives all events must not see paths.
        foreach (var one in await _ledger.NoteAsync(moved, cancellationToken))
        {
            _book.Report(new ProgressReport(
                FileTransferTopicRights.TopicOf(one.Id), one.Tenant, one.Requester, "", one.Bytes, one.Bytes, one.Total));
        }
    }

    private async Task EndLostAsync(CancellationToken cancellationToken)
    {
        // The work items of their relays stop running requests.
        if (await _ledger.StopAsync(cancellationToken) > 0)
            _queue.Wake();
    }
}
