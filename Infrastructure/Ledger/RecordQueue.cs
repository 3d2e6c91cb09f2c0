using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// Group commit for frequent writes such as chunks and checkpoints (E11). A lone record is sent at once. Records that arrive while a commit
/// runs share the next one: one transaction and one round trip, in an order in which two batches cannot deadlock. If another
/// transaction holds an upload's row for long, the upload is set aside, and only its own records wait for it. A batch uses no caller's
/// cancellation token: a caller that stops waiting has not stopped the record, and must not unlink its file (E10).
/// </summary>
/// <remarks>
/// Each worker is a thread that blocks on its own connection. Handing each reply from thread to thread costs more than a blocked thread
/// does, and the connection sets its lock timeout only once.
/// </remarks>
internal sealed class RecordQueue : ILedgerLoad, IAsyncDisposable
{
    // One worker does all the work, unless enough records wait to be worth a second commit, or its batch takes long. Two workers that share
    // the work evenly halve the batches; on two cores, a record then costs a quarter more in PostgreSQL.
    private const int Workers = 2;

    /// <summary>When this many records wait, the second worker takes them although the first one is busy.</summary>
    public const int SecondWorkerThreshold = 16;

    /// <summary>The most records in one transaction: more would keep all of their rows locked for long.</summary>
    private const int LargestBatch = 256;

    /// <summary>Longer than most commits take, even on a busy machine. A batch that takes longer may be waiting for a row.</summary>
    public static readonly TimeSpan LongBatch = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a batch waits for a row: longer than any of our statements holds one, and too short for the client of another upload to
    /// notice.
    /// </summary>
    public static readonly TimeSpan LockTimeout = TimeSpan.FromMilliseconds(500);

    // The uploads whose rows another transaction holds, each with the last task that waits to record for it.
    private readonly Dictionary<UploadId, Task> _aside = [];
    private readonly Queue<QueuedRecord> _waiting = [];
    private readonly Worker[] _workers = new Worker[Workers];
    private readonly LedgerCalls _calls;
    private readonly ILogger<RecordQueue> _log;
    private readonly TimeSpan _lockTimeout;
    private readonly int _largestBatch;
    private readonly int? _seconds;
    private readonly Task _working;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    private bool _timerRuns;
    private bool _closed;

    /// <param name="time">Measures how long a batch takes. Outside of tests it is the system clock, because a batch waits for the
    /// database.</param>
    public RecordQueue(
        LedgerDatabase database, LedgerCalls calls, TimeSpan lockTimeout, TimeProvider time, ILogger<RecordQueue> log,
        int largestBatch = LargestBatch)
    {
        (_calls, _time, _log, _largestBatch) = (calls, time, log, largestBatch);
        _lockTimeout = lockTimeout;
        _seconds = RecordConnection.SecondsOf(database);
        _timer = _time.CreateTimer(
            static queue => ((RecordQueue)queue!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        for (var number = 0; number < Workers; number++)
            _workers[number] = new Worker(number, new RecordConnection(database, lockTimeout));
        _working = Task.WhenAll(_workers.Select(
            worker => Task.Factory.StartNew(
                () => RunWorker(worker), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    /// <summary>How many records no batch has taken yet.</summary>
    public int Waiting
    {
        get
        {
            lock (_waiting)
                return _waiting.Count;
        }
    }

    public Task<T> RecordAsync<T>(QueuedRecord<T> record, CancellationToken cancellationToken)
    {
        lock (_waiting)
        {
            if (_closed)
                throw new LedgerUnavailableException("The service is stopping and records nothing any more.");
            _waiting.Enqueue(record);
            WakeWorker();
        }

        return record.Completion.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Refuses new records, and waits until every queued record is recorded or refused. The callers learn the result soon after.
    /// </summary>
    public async Task DrainAsync()
    {
        lock (_waiting)
        {
            _closed = true;
            Monitor.PulseAll(_waiting);
        }

        await _working;
        while (true)
        {
            Task[] aside;
            lock (_aside)
                aside = [.. _aside.Values];
            if (aside.Length == 0)
                return;
            await Task.WhenAll(aside);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync();
        await _timer.DisposeAsync();
    }

    private void RunWorker(Worker self)
    {
        Thread.CurrentThread.Name = $"record-{self.Number}";
        var batch = new List<QueuedRecord>();
        Predicate<QueuedRecord> join = TryJoinAside;
        while (TakeBatch(batch, self))
        {
            _ = batch.RemoveAll(join);
            var committed = batch.Count == 0
                || (TryCommitOnOwnConnection(batch, self.Connection) ?? TryCommitAsync(batch, waitForRow: false).GetAwaiter().GetResult());
            if (!committed)
            {
                foreach (var upload in batch.GroupBy(record => record.Upload))
                    SetAside(upload.Key, [.. upload]);
            }

            lock (_waiting)
                self.BatchStartedAt = null;
        }

        self.Connection.Dispose();
    }

    /// <summary>Takes the next batch. False when the queue is empty and closed.</summary>
    private bool TakeBatch(List<QueuedRecord> batch, Worker self)
    {
        batch.Clear();
        lock (_waiting)
        {
            while (true)
            {
                if (_waiting.Count > 0 && (_closed || IsForIdleWorker()))
                {
                    while (batch.Count < _largestBatch && _waiting.TryDequeue(out var record))
                        batch.Add(record);
                    self.BatchStartedAt = _time.GetTimestamp();
                    return true;
                }

                if (_closed)
                    return false;
                // A full batch left these records over; the worker that is busy may take long.
                if (_waiting.Count > 0)
                    StartTimer();
                _ = Monitor.Wait(_waiting);
            }
        }
    }

    /// <summary>Wakes an idle worker if the waiting records are for one.</summary>
    private void WakeWorker()
    {
        if (IsForIdleWorker())
            Monitor.Pulse(_waiting);
        else
            StartTimer();
    }

    // The timer is not restarted while it runs: it checks the queue when it ends.
    private void StartTimer()
    {
        if (_timerRuns)
            return;
        _timerRuns = true;
        _ = _timer.Change(LongBatch, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_waiting)
        {
            _timerRuns = false;
            if (_waiting.Count > 0)
                WakeWorker();
        }
    }

    /// <summary>Whether an idle worker should take the waiting records.</summary>
    private bool IsForIdleWorker()
    {
        var anyBatch = false;
        foreach (var worker in _workers)
        {
            if (worker.BatchStartedAt is not { } since)
                continue;
            // If one worker takes long, the other one takes everything that arrives.
            if (_time.GetElapsedTime(since) >= LongBatch)
                return true;
            anyBatch = true;
        }

        return !anyBatch || _waiting.Count >= SecondWorkerThreshold;
    }

    private bool TryJoinAside(QueuedRecord record)
    {
        lock (_aside)
        {
            if (!_aside.ContainsKey(record.Upload))
                return false;
            SetAside(record.Upload, [record]);
            return true;
        }
    }

    /// <summary>Records one by one, after the records of the same upload that are set aside already.</summary>
    private void SetAside(UploadId upload, List<QueuedRecord> records)
    {
        lock (_aside)
        {
            var before = _aside.GetValueOrDefault(upload, Task.CompletedTask);
            var mine = Task.Run(async () =>
            {
                // The first request may have created the queue, whose records have neither a share nor a time limit.
                RunningRequest.Leave();
                await before;
                foreach (var record in records)
                    await TryCommitAsync([record], waitForRow: true);
            });
            _aside[upload] = mine;
            _ = mine.ContinueWith(
                ended =>
                {
                    lock (_aside)
                    {
                        if (_aside.TryGetValue(upload, out var last) && last == ended)
                            _aside.Remove(upload);
                    }
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>
    /// Commits the batch on the worker's own connection. False when its records must be sent one by one, because a row is locked. Null when
    /// the commit itself failed: the caller then uses the path that repeats and splits.
    /// </summary>
    private bool? TryCommitOnOwnConnection(List<QueuedRecord> batch, RecordConnection own)
    {
        try
        {
            return Complete(batch, own.Commit(RecordKind.Calls(batch)));
        }
        catch (Exception)
        {
            own.Dispose();
            return null;
        }
    }

    private bool Complete(List<QueuedRecord> batch, bool recorded)
    {
        if (recorded)
            batch.ForEach(record => record.Complete());
        else
            _log.BatchSplit(batch.Count, "the row of one of its uploads is locked, or cannot be read");
        return recorded;
    }

    /// <summary>Commits the batch on a connection of the pool. False when the records must be sent one by one.</summary>
    /// <param name="waitForRow">Whether the records may wait for their row without a bound, because no other upload's record waits behind
    /// them.</param>
    private async Task<bool> TryCommitAsync(List<QueuedRecord> batch, bool waitForRow)
    {
        try
        {
            return Complete(batch, await _calls.RunAsync(
                (connection, token) => RecordConnection.CommitAsync(
                    connection, RecordKind.Calls(batch), waitForRow ? null : _lockTimeout, _seconds, blocking: false, token),
                CancellationToken.None));
        }
        catch (LedgerUnavailableException reason)
        {
            batch.ForEach(record => record.Fail(reason));
            return true;
        }
        catch (Exception reason) when (!waitForRow && batch.Count > 1)
        {
            _log.BatchSplit(batch.Count, reason.Message);
            return false;
        }
        catch (Exception reason)
        {
            // The caller gets the exception; the worker continues.
            batch[0].Fail(reason);
            return true;
        }
    }

    private sealed class Worker(int number, RecordConnection connection)
    {
        public int Number => number;

        public RecordConnection Connection => connection;

        /// <summary>When the worker took its current batch; null while it is idle.</summary>
        public long? BatchStartedAt { get; set; }
    }
}
