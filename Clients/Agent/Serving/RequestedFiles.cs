using System.Collections.Concurrent;
using System.Globalization;
using ChunkUpload.Client;
using ChunkUpload.Client.Projects;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Sends the files of one served folder that members have asked for, several at once: 1. the service is asked for what waits, at each
/// connection, at news and each minute, because news may be lost; 2. what runs and what has to wait is left out; 3. the members come in
/// turn.
/// </summary>
internal sealed class RequestedFiles(
    ChunkUploadClient client, FileSender sender, Guid project, Guid folder, int atOnce, TimeProvider time)
{
    private const int AtATime = 200;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<Guid, (string Member, Task Task)> _running = [];
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _later = new();
    private readonly Dictionary<string, long> _served = new(StringComparer.Ordinal);
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

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var hastened = (_hastened = NewSignal()).Task;
                await BeginAsync(stop);
                var wait = WaitFor();
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
                _ = await Task.WhenAny([hastened, Task.Delay(wait, time, pause.Token), .. _running.Values.Select(one => one.Task)]);
                await pause.CancelAsync();
                stop.ThrowIfCancellationRequested();
                foreach (var (id, running) in _running.Where(one => one.Value.Task.IsCompleted).ToList())
                {
                    _ = _running.Remove(id);
                    await running.Task;
                }
            }
        }
        finally
        {
            await Task.WhenAll(_running.Values.Select(one => one.Task)).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task BeginAsync(CancellationToken stop)
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
            // The service is away, or the right has ended. The list of files says so, too.
            return;
        }

        // 2.
        var now = time.GetUtcNow();
        foreach (var id in _later.Where(one => one.Value <= now).Select(one => one.Key).ToList())
            _ = _later.TryRemove(id, out _);
        var due = answer.Transfers.Where(row => row.FolderId == folder && row.IsOpen && row.Approval == FileTransferWords.Approved
            && (!row.AllSent || row.IsStraight) && !_running.ContainsKey(row.Id) && !_later.ContainsKey(row.Id)).ToList();

        // 3.
        while (_running.Count < atOnce && due.Count > 0)
        {
            var next = due.OrderByDescending(row => row.Status == FileTransferWords.InProgress)
                .ThenBy(row => _running.Values.Count(one => one.Member == MemberOf(row)))
                .ThenBy(row => _served.GetValueOrDefault(MemberOf(row)))
                .First();
            _ = due.Remove(next);
            _served[MemberOf(next)] = ++_turn;
            _running[next.Id] = (MemberOf(next), Task.Run(() => SendAsync(next, stop), CancellationToken.None));
        }
    }

    private async Task SendAsync(FileTransferAnswer row, CancellationToken stop)
    {
        if (await sender.SendAsync(row, stop) is { } pause)
            _later[row.Id] = time.GetUtcNow() + pause;
    }

    private TimeSpan WaitFor()
    {
        var next = _later.IsEmpty ? Minute : _later.Values.Min() - time.GetUtcNow();
        return next < Least ? Least : next < Minute ? next : Minute;
    }

    private static string MemberOf(FileTransferAnswer row) => row.Requester?.Subject ?? "";

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
