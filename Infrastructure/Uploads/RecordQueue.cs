using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Group commit for the hot writes (E11). A lone record goes at once; what arrives while a commit is running goes with the next one, in one
/// transaction and one round trip, sorted by upload and offset so that two batches never wait for each other in a circle.
/// An upload whose row somebody holds for long is set aside with its records, which then wait for it alone.
/// A batch runs on no caller's token: who stops waiting has not stopped the record, and must not unlink its file (E10).
/// </summary>
/// <remarks>
/// Each worker is a thread that waits for its own connection: handing what a socket brings from thread to thread costs more than the
/// waiting thread, and its connection needs to be told only once how long to wait for a row.
/// </remarks>
internal sealed class RecordQueue : IAsyncDisposable
{
    // One has all the work, unless so much waits that a second commit is worth its price, or its batch takes long. With each its half the
    // batches are half as large, and on two cores a record costs a quarter more in PostgreSQL.
    private const int Workers = 2;

    /// <summary>So many that wait are not left to the worker that has begun before them.</summary>
    public const int Many = 16;

    /// <summary>Records in one transaction at most: more would keep the rows of all of them locked for long.</summary>
    private const int LargestBatch = 256;

    /// <summary>
    /// Longer than most commits take, also beside other work; a batch that is still under way then may be waiting for a row.
    /// </summary>
    public static readonly TimeSpan Long = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer than any statement of ours holds a row; shorter than what a client of another upload would notice.</summary>
    public static readonly TimeSpan LockPatience = TimeSpan.FromMilliseconds(500);

    // What each upload that is set aside ends with.
    private readonly Dictionary<UploadId, Task> _aside = [];
    private readonly Queue<QueuedRecord> _waiting = [];
    private readonly Worker[] _workers = new Worker[Workers];
    private readonly LedgerCalls _calls;
    private readonly ILogger<RecordQueue> _log;
    private readonly TimeSpan _lockPatience;
    private readonly int _largestBatch;
    private readonly Task _working;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;

    private bool _watched;
    private bool _closed;

    /// <param name="time">By which a batch takes long: between this process and the database, so the real one where nothing is
    /// tested.</param>
    public RecordQueue(
        LedgerDatabase database, LedgerCalls calls, TimeSpan lockPatience, TimeProvider time, ILogger<RecordQueue> log,
        int largestBatch = LargestBatch)
    {
        (_calls, _time, _log, _largestBatch) = (calls, time, log, largestBatch);
        _lockPatience = lockPatience;
        _watch = _time.CreateTimer(static queue => ((RecordQueue)queue!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        for (var number = 0; number < Workers; number++)
            _workers[number] = new Worker(number, new RecordConnection(database, lockPatience));
        _working = Task.WhenAll(_workers.Select(
            worker => Task.Factory.StartNew(
                () => Work(worker), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
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
            Call();
        }

        return record.Answer.WaitAsync(cancellationToken);
    }

    /// <summary>Takes no more, and waits until everything taken is recorded, or refused; whoever asked for it is told soon after.</summary>
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
        await _watch.DisposeAsync();
    }

    private void Work(Worker self)
    {
        Thread.CurrentThread.Name = $"record-{self.Number}";
        var batch = new List<QueuedRecord>();
        Predicate<QueuedRecord> join = TryJoinAside;
        while (Take(batch, self))
        {
            _ = batch.RemoveAll(join);
            batch.Sort();
            if (batch.Count > 0 && !(TryOwn(batch, self.Connection) ?? TryAsync(batch, patient: false).GetAwaiter().GetResult()))
            {
                foreach (var upload in batch.GroupBy(record => record.Upload))
                    SetAside(upload.Key, [.. upload]);
            }

            lock (_waiting)
                self.Began = null;
        }

        self.Connection.Dispose();
    }

    /// <summary>False when there are none and there will be none.</summary>
    private bool Take(List<QueuedRecord> batch, Worker self)
    {
        batch.Clear();
        lock (_waiting)
        {
            while (true)
            {
                if (_waiting.Count > 0 && (_closed || IsForAnother()))
                {
                    while (batch.Count < _largestBatch && _waiting.TryDequeue(out var record))
                        batch.Add(record);
                    self.Began = _time.GetTimestamp();
                    return true;
                }

                if (_closed)
                    return false;
                // Left over by a batch that could take no more, and left to one that may last.
                if (_waiting.Count > 0)
                    Watch();
                _ = Monitor.Wait(_waiting);
            }
        }
    }

    /// <summary>Wakes a worker that sleeps, where what waits is for one.</summary>
    private void Call()
    {
        if (IsForAnother())
            Monitor.Pulse(_waiting);
        else
            Watch();
    }

    // Not again while it runs: it looks when it ends.
    private void Watch()
    {
        if (_watched)
            return;
        _watched = true;
        _ = _watch.Change(Long, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        lock (_waiting)
        {
            _watched = false;
            if (_waiting.Count > 0)
                Call();
        }
    }

    /// <summary>Whether what waits is for a worker that has no batch: it wakes nobody whose turn it is not.</summary>
    private bool IsForAnother()
    {
        var anyBatch = false;
        foreach (var worker in _workers)
        {
            if (worker.Began is not { } since)
                continue;
            // Whichever it is: beside one that lasts the other worker has all that comes, and not one batch each time it takes long.
            if (_time.GetElapsedTime(since) >= Long)
                return true;
            anyBatch = true;
        }

        return !anyBatch || _waiting.Count >= Many;
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

    /// <summary>One by one, behind what the same upload has aside already.</summary>
    private void SetAside(UploadId upload, List<QueuedRecord> records)
    {
        lock (_aside)
        {
            var before = _aside.GetValueOrDefault(upload, Task.CompletedTask);
            var mine = Task.Run(async () =>
            {
                await before;
                foreach (var record in records)
                    await TryAsync([record], patient: true);
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
    /// On the thread's own connection; null when that failed, for whatever reason: the way that repeats and splits finds out. What is
    /// recorded before that leaves the batch.
    /// </summary>
    private bool? TryOwn(List<QueuedRecord> batch, RecordConnection own)
    {
        try
        {
            // In a transaction of its own: uploads that are looked at singly behind them would not be locked in their order.
            if (RecordKind.Several(batch) is { Count: > 0 } several)
            {
                if (!own.Send(several))
                    return Settle(batch, false);
                batch.FindAll(record => record.WasRead).ForEach(record => record.Settle());
                _ = batch.RemoveAll(record => record.WasRead);
            }

            return batch.Count == 0 || Settle(batch, own.Send(Singly(batch)));
        }
        catch (Exception)
        {
            own.Dispose();
            return null;
        }
    }

    private bool Settle(List<QueuedRecord> batch, bool recorded)
    {
        if (recorded)
            batch.ForEach(record => record.Settle());
        else
            _log.BatchSplit(batch.Count, "somebody holds the row of one of its uploads, or the row cannot be read");
        return recorded;
    }

    /// <summary>False when they must be tried one by one.</summary>
    /// <param name="patient">Nobody else waits behind them: they may wait for their row as long as it takes.</param>
    private async Task<bool> TryAsync(List<QueuedRecord> batch, bool patient)
    {
        try
        {
            return Settle(batch, await _calls.RunAsync(
                (connection, token) => RecordConnection.SendAsync(
                    connection, Singly(batch), patient ? null : _lockPatience, own: false, token), CancellationToken.None));
        }
        catch (LedgerUnavailableException reason)
        {
            batch.ForEach(record => record.Fail(reason));
            return true;
        }
        catch (Exception reason) when (!patient && batch.Count > 1)
        {
            _log.BatchSplit(batch.Count, reason.Message);
            return false;
        }
        catch (Exception reason)
        {
            // Whoever waits for it gets it; the worker goes on.
            batch[0].Fail(reason);
            return true;
        }
    }

    private static List<List<QueuedRecord>> Singly(List<QueuedRecord> batch) =>
        batch.ConvertAll(record => new List<QueuedRecord> { record });

    private sealed class Worker(int number, RecordConnection connection)
    {
        public int Number => number;

        public RecordConnection Connection => connection;

        /// <summary>When it took the batch under way; null while there is none.</summary>
        public long? Began { get; set; }
    }
}
