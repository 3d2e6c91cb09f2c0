using System.Collections.Concurrent;
using System.Globalization;
using ChunkUpload.Client;
using ChunkUpload.Client.Projects;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Sends the files of one served folder that members have asked for, several at once: 1. the service is asked for what waits, at each
/// connection, at news, each minute because news may be lost, and once the last list is used up; 2. what runs and what has to wait is left
/// out; 3. the members come in turn. Of small files, more are sent at once: they take more time to begin and to end than to send.
/// </summary>
/// <param name="atOnce">How many files are sent at once, and eight times as many small ones.</param>
internal sealed class RequestedFiles(
    ChunkUploadClient client, FileSender sender, Guid project, Guid folder, int atOnce, TimeProvider time)
{
    /// <summary>The largest size of a small file.</summary>
    public const long SmallSize = 1 << 20;

    private const int AtATime = 200;
    private const int SmallFactor = 8;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<Guid, Running> _running = [];
    private readonly ConcurrentDictionary<Guid, TransferPulse> _pulses = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _later = new();
    private readonly Dictionary<string, long> _served = new(StringComparer.Ordinal);
    private List<FileTransferAnswer> _due = [];
    private bool _hasMore;
    private TaskCompletionSource _hastened = NewSignal();
    private long _turn;

    /// <summary>Asks soon.</summary>
    public void Hasten() => Volatile.Read(ref _hastened).TrySetResult();

    /// <summary>Asks soon, because something has changed for a transfer that may have had to wait.</summary>
    public void Hasten(Guid transfer)
    {
        _ = _later.TryRemove(transfer, out _);
        Hasten();
    }

    /// <summary>Notifies the sender of a transfer that the attempt has ended, or that it goes another way (straight or relayed).</summary>
    public void Wake(Guid transfer, int attempt, bool hasEnded)
    {
        if (!_pulses.TryGetValue(transfer, out var pulse))
        {
            if (!hasEnded)
                Hasten(transfer);
        }
        else if (hasEnded && pulse.Attempt <= attempt)
        {
            pulse.End();
        }
        else
        {
            pulse.Set();
        }
    }

    /// <summary>Lets all senders report at once: the service has ended the connection, and a right may have ended.</summary>
    public void WakeAll()
    {
        foreach (var pulse in _pulses.Values)
            pulse.Set();
    }

    public async Task RunAsync(CancellationToken stop)
    {
        var isDue = true;
        try
        {
            while (true)
            {
                var hastened = isDue ? (_hastened = NewSignal()).Task : _hastened.Task;
                if (isDue)
                    await ListAsync(stop);
                Begin(stop);
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
                var wait = Task.Delay(WaitFor(), time, pause.Token);
                _ = await Task.WhenAny([hastened, wait, .. _running.Values.Select(one => one.Task)]);
                isDue = hastened.IsCompleted || wait.IsCompleted;
                await pause.CancelAsync();
                stop.ThrowIfCancellationRequested();
                foreach (var (id, running) in _running.Where(one => one.Value.Task.IsCompleted).ToList())
                {
                    _ = _running.Remove(id);
                    await running.Task;
                }

                isDue |= _hasMore && _due.Count == 0;
            }
        }
        finally
        {
            await Task.WhenAll(_running.Values.Select(one => one.Task)).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ListAsync(CancellationToken stop)
    {
        // 1.
        FileTransfersAnswer answer;
        try
        {
            answer = await client.FileTransferPageAsync(
                project, string.Create(CultureInfo.InvariantCulture, $"mine=serving&status=pending,in_progress&limit={AtATime}"), stop);
        }
        catch (TransferException)
        {
            // The service is not available, or the right has ended. The list of files fails in the same way.
            _hasMore = false;
            return;
        }

        // 2. What runs and what has to wait is left out.
        var now = time.GetUtcNow();
        foreach (var id in _later.Where(one => one.Value <= now).Select(one => one.Key).ToList())
            _ = _later.TryRemove(id, out _);
        _due = answer.Transfers.Where(row => row.FolderId == folder && row.IsOpen && row.Approval == FileTransferWords.Approved
            && (!row.AllSent || row.IsStraight) && !_running.ContainsKey(row.Id) && !_later.ContainsKey(row.Id)).ToList();
        // A page without startable transfers would be the same again.
        _hasMore = answer.Transfers.Count >= AtATime && _due.Count > 0;
    }

    private void Begin(CancellationToken stop)
    {
        var (large, small) = (atOnce - _running.Values.Count(one => !one.IsSmall),
            (SmallFactor * atOnce) - _running.Values.Count(one => one.IsSmall));
        // 3. The members come in turn.
        while (_due.Where(row => (IsSmall(row) ? small : large) > 0)
            .OrderByDescending(row => row.Status == FileTransferWords.InProgress)
            .ThenBy(row => _running.Values.Count(one => one.Member == MemberOf(row)))
            .ThenBy(row => _served.GetValueOrDefault(MemberOf(row)))
            .FirstOrDefault() is { } next)
        {
            _ = _due.Remove(next);
            _served[MemberOf(next)] = ++_turn;
            var pulse = _pulses[next.Id] = new TransferPulse(next.Attempt, time);
            _running[next.Id] = new Running(
                MemberOf(next), IsSmall(next), Task.Run(() => SendAsync(next, pulse, stop), CancellationToken.None));
            _ = IsSmall(next) ? small-- : large--;
        }
    }

    private async Task SendAsync(FileTransferAnswer row, TransferPulse pulse, CancellationToken stop)
    {
        try
        {
            if (await sender.SendAsync(row, pulse, stop) is { } pause)
                _later[row.Id] = time.GetUtcNow() + pause;
        }
        finally
        {
            _ = _pulses.TryRemove(new(row.Id, pulse));
        }
    }

    private TimeSpan WaitFor()
    {
        var next = _later.IsEmpty ? Minute : _later.Values.Min() - time.GetUtcNow();
        return next < Least ? Least : next < Minute ? next : Minute;
    }

    private static bool IsSmall(FileTransferAnswer row) => row.TotalBytes <= SmallSize;

    private static string MemberOf(FileTransferAnswer row) => row.Requester?.Subject ?? "";

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Running(string Member, bool IsSmall, Task Task);
}
