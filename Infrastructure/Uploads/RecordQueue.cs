using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Posix;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Group commit for the hot writes (E11). A lone record goes at once; what arrives while a commit is running goes with the next one, in one
/// transaction and one round trip, sorted by upload and offset so that two batches never wait for each other in a circle.
/// An upload whose row somebody holds for long is set aside with its records, which then wait for it alone.
/// A batch runs on no caller's token: who stops waiting has not stopped the record, and must not unlink its file (E10).
/// </summary>
/// <remarks>
/// Each worker is a thread that waits for its own connection: handing what a socket brings from thread to thread costs more than the waiting
/// thread, and its connection needs to be told only once how long to wait for a row.
/// </remarks>
internal sealed class RecordQueue : IAsyncDisposable
{
    // One has all the work, unless so much waits that a second commit is worth its price, or its batch takes long. With each its half the
    // batches are half as large, and on two cores a record costs a quarter more in PostgreSQL.
    private const int Workers = 2;

    /// <summary>So many that wait are not left to the worker that has begun before them.</summary>
    public const int Many = 16;

    /// <summary>Longer than most commits take, also beside other work; a batch that is still under way then may be waiting for a row.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer than any statement of ours holds a row; shorter than what a client of another upload would notice.</summary>
    public static readonly TimeSpan LockPatience = TimeSpan.FromMilliseconds(500);

    // What each upload that is set aside ends with.
    private readonly Dictionary<UploadId, Task> _aside = [];
    private readonly Queue<QueuedRecord> _waiting = [];
    private readonly Stack<SleepingThread> _asleep = new(Workers);
    private readonly LedgerDatabase _database;
    private readonly LedgerCalls _calls;
    private readonly IRequestThreads _threads;
    private readonly ILogger<RecordQueue> _log;
    private readonly string _patience;
    private readonly int _largestBatch;
    private readonly Task _working;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;

    // When each worker took the batch that it is at; null while it has none.
    private readonly long?[] _began = new long?[Workers];
    private bool _watched;
    private bool _closed;

    /// <param name="time">By which a batch takes long: between this process and the database, so the real one where nothing is tested.</param>
    public RecordQueue(
        LedgerDatabase database, LedgerCalls calls, IRequestThreads threads, TimeSpan lockPatience, TimeProvider time, ILogger<RecordQueue> log,
        int largestBatch = DatabaseOptions.DefaultLargestBatch)
    {
        (_database, _calls, _threads, _time, _log, _largestBatch) = (database, calls, threads, time, log, largestBatch);
        _patience = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(long)lockPatience.TotalMilliseconds}ms");
        _watch = _time.CreateTimer(static queue => ((RecordQueue)queue!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _working = Task.WhenAll(Enumerable.Range(0, Workers).Select(
            number => Task.Factory.StartNew(() => Work(number), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
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
        SleepingThread? called;
        lock (_waiting)
        {
            if (_closed)
                throw new LedgerUnavailableException("The service is stopping and records nothing any more.");
            _waiting.Enqueue(record);
            called = Call();
        }

        called?.Wake();
        return record.Answer.WaitAsync(cancellationToken);
    }

    /// <summary>Takes no more, and waits until everything taken is recorded, or refused; whoever asked for it is told soon after.</summary>
    public async Task DrainAsync()
    {
        lock (_waiting)
        {
            _closed = true;
            while (_asleep.TryPop(out var worker))
                worker.Wake();
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

    private void Work(int number)
    {
        Thread.CurrentThread.Name = $"record-{number}";
        var batch = new List<QueuedRecord>();
        Predicate<QueuedRecord> join = TryJoinAside;
        NpgsqlConnection? own = null;
        var sleeping = new SleepingThread();
        while (Take(batch, number, sleeping))
        {
            _ = batch.RemoveAll(join);
            batch.Sort();
            if (batch.Count > 0 && !(TryOwn(batch, ref own) ?? TryAsync(batch, patient: false).GetAwaiter().GetResult()))
            {
                foreach (var upload in batch.GroupBy(record => record.Upload))
                    SetAside(upload.Key, [.. upload]);
            }

            Return(number);
        }

        own?.Dispose();
    }

    /// <summary>False when there are none and there will be none.</summary>
    private bool Take(List<QueuedRecord> batch, int number, SleepingThread sleeping)
    {
        batch.Clear();
        while (true)
        {
            lock (_waiting)
            {
                if (_waiting.Count > 0 && (_closed || IsForAnother()))
                {
                    while (batch.Count < _largestBatch && _waiting.TryDequeue(out var record))
                        batch.Add(record);
                    _began[number] = _time.GetTimestamp();
                    return true;
                }

                if (_closed)
                    return false;
                // Left over by a batch that could take no more, and left to one that may last.
                if (_waiting.Count > 0)
                    Watch();
                _asleep.Push(sleeping);
            }

            sleeping.Sleep();
        }
    }

    private void Return(int number)
    {
        lock (_waiting)
            _began[number] = null;
    }

    /// <returns>Whom to wake, who would only wait for the lock before it is free.</returns>
    private SleepingThread? Call()
    {
        if (IsForAnother())
            return _asleep.TryPop(out var worker) ? worker : null;
        Watch();
        return null;
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
        SleepingThread? called;
        lock (_waiting)
        {
            _watched = false;
            called = _waiting.Count > 0 ? Call() : null;
        }

        called?.Wake();
    }

    /// <summary>Whether what waits is for a worker that has no batch: it wakes nobody whose turn it is not.</summary>
    private bool IsForAnother()
    {
        var anyBatch = false;
        foreach (var began in _began)
        {
            if (began is not { } since)
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
    /// On the thread's own connection; null when that failed, for whatever reason: the way that repeats and splits finds out. What is recorded before
    /// that leaves the batch.
    /// </summary>
    private bool? TryOwn(List<QueuedRecord> batch, ref NpgsqlConnection? own)
    {
        try
        {
            own ??= OpenOwn();
            // In a transaction of its own: uploads that are looked at singly behind them would not be locked in their order.
            if (RecordKind.Several(batch) is { Count: > 0 } several)
            {
                if (!Send(own, several))
                    return Settle(batch, false);
                batch.FindAll(record => record.WasRead).ForEach(record => record.Settle(_threads));
                _ = batch.RemoveAll(record => record.WasRead);
            }

            return batch.Count == 0 || Settle(batch, Send(own, Singly(batch)));
        }
        catch (Exception)
        {
            own?.Dispose();
            own = null;
            return null;
        }

        // Waited for by this thread: it has ended when it comes back.
        bool Send(NpgsqlConnection connection, List<List<QueuedRecord>> calls) =>
            SendAsync(connection, calls, patient: false, own: true, CancellationToken.None).GetAwaiter().GetResult();
    }

    private NpgsqlConnection OpenOwn()
    {
        var connection = _database.OpenSingle();
        try
        {
            using var patience = new NpgsqlCommand(LockTimeout(local: false), connection);
            _ = patience.ExecuteNonQuery();
            _ = DriverSocket.Straighten(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private string LockTimeout(bool local) => $"select set_config('lock_timeout', '{_patience}', {local})";

    private bool Settle(List<QueuedRecord> batch, bool recorded)
    {
        if (recorded)
            batch.ForEach(record => record.Settle(_threads));
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
                (connection, token) => SendAsync(connection, Singly(batch), patient, own: false, token), CancellationToken.None));
        }
        catch (LedgerUnavailableException reason)
        {
            batch.ForEach(record => record.Fail(reason, _threads));
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
            batch[0].Fail(reason, _threads);
            return true;
        }
    }

    private static List<List<QueuedRecord>> Singly(List<QueuedRecord> batch) => batch.ConvertAll(record => new List<QueuedRecord> { record });

    /// <summary>False when a row was not to be had in time, or not to be read, by which nothing of it is recorded.</summary>
    /// <param name="own">A thread's own connection: it knows its patience, and the calling thread waits and gets a task that has ended.</param>
    private async Task<bool> SendAsync(
        NpgsqlConnection connection, List<List<QueuedRecord>> calls, bool patient, bool own, CancellationToken cancellationToken)
    {
        await using var commands = connection.CreateBatch();
        var tell = !own && !patient;
        if (tell)
            commands.BatchCommands.Add(new NpgsqlBatchCommand(LockTimeout(local: true)));
        foreach (var call in calls)
            commands.BatchCommands.Add(call.Count == 1 ? call[0].Command() : call[0].Kind!.Command(call));

        try
        {
            await using var reader = own ? commands.ExecuteReader() : await commands.ExecuteReaderAsync(cancellationToken);
            if (tell)
                await NextAsync();
            foreach (var call in calls)
            {
                if (call.Count == 1)
                {
                    _ = await RowAsync();
                    call[0].Read(reader);
                }
                else
                {
                    var byUpload = call.ToDictionary(record => record.Upload.Value);
                    var parse = reader.GetRowParser<UploadRow>();
                    while (await RowAsync())
                    {
                        var upload = parse(reader).ToUpload();
                        byUpload[upload.Id.Value].Read(upload);
                    }
                }

                // After the last one it waits for the end of the transaction, and throws when that failed.
                await NextAsync();
            }

            ValueTask<bool> RowAsync() => own ? ValueTask.FromResult(reader.Read()) : new(reader.ReadAsync(cancellationToken));
            ValueTask<bool> NextAsync() => own ? ValueTask.FromResult(reader.NextResult()) : new(reader.NextResultAsync(cancellationToken));
        }
        catch (PostgresException answer) when (!patient && answer.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.IoError)
        {
            return false;
        }

        return true;
    }
}
