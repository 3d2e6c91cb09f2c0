using System.Threading.Channels;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Group commit for the hot writes (E11). A lone record goes at once; what arrives while a commit is running goes with the next one, in one
/// transaction and one round trip, sorted by upload and offset so that two batches never wait for each other in a circle.
/// An upload whose row somebody holds for long is set aside with its records, which then wait for it alone.
/// A batch runs on no caller's token: who stops waiting has not stopped the record, and must not unlink its file (E10).
/// </summary>
internal sealed class RecordQueue : IAsyncDisposable
{
    // Two: while one waits for its commit, the other takes what has arrived. More would only make the batches smaller.
    private const int Workers = 2;

    /// <summary>Longer than any statement of ours holds a row; shorter than what a client of another upload would notice.</summary>
    public static readonly TimeSpan LockPatience = TimeSpan.FromMilliseconds(500);

    // What each upload that is set aside ends with.
    private readonly Dictionary<UploadId, Task> _aside = [];
    private readonly Channel<QueuedRecord> _waiting = Channel.CreateUnbounded<QueuedRecord>();
    private readonly LedgerCalls _calls;
    private readonly ILogger<RecordQueue> _log;
    private readonly string _lockPatience;
    private readonly int _largestBatch;
    private readonly Task _working;

    public RecordQueue(LedgerCalls calls, TimeSpan lockPatience, ILogger<RecordQueue> log, int largestBatch = DatabaseOptions.DefaultLargestBatch)
    {
        (_calls, _log, _largestBatch) = (calls, log, largestBatch);
        _lockPatience = string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"select set_config('lock_timeout', '{(long)lockPatience.TotalMilliseconds}ms', true)");
        _working = Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync)));
    }

    /// <summary>How many records no batch has taken yet.</summary>
    public int Waiting => _waiting.Reader.Count;

    public Task<T> RecordAsync<T>(QueuedRecord<T> record, CancellationToken cancellationToken)
    {
        if (!_waiting.Writer.TryWrite(record))
            throw new LedgerUnavailableException("The service is stopping and records nothing any more.");
        return record.Answer.WaitAsync(cancellationToken);
    }

    /// <summary>Takes no more, and waits until everything taken is answered.</summary>
    public async Task DrainAsync()
    {
        _waiting.Writer.TryComplete();
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

    public async ValueTask DisposeAsync() => await DrainAsync();

    private async Task WorkAsync()
    {
        var batch = new List<QueuedRecord>();
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < _largestBatch && _waiting.Reader.TryRead(out var record))
            {
                if (!TryJoinAside(record))
                    batch.Add(record);
            }

            if (batch.Count == 0)
                continue;
            batch.Sort();
            if (await TryAsync(batch, patient: false))
                continue;
            foreach (var upload in batch.GroupBy(record => record.Upload))
                SetAside(upload.Key, [.. upload]);
        }
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

    /// <summary>False when they must be tried one by one.</summary>
    /// <param name="patient">Nobody else waits behind them: they may wait for their row as long as it takes.</param>
    private async Task<bool> TryAsync(List<QueuedRecord> batch, bool patient)
    {
        try
        {
            if (!await _calls.RunAsync((connection, token) => SendAsync(connection, batch, patient ? null : _lockPatience, token), CancellationToken.None))
            {
                _log.BatchSplit(batch.Count, "somebody holds the row of one of its uploads");
                return false;
            }

            batch.ForEach(record => record.Settle());
            return true;
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

    /// <summary>False when a row was not to be had in time, by which nothing of the batch is recorded.</summary>
    private static async Task<bool> SendAsync(
        NpgsqlConnection connection, List<QueuedRecord> batch, string? lockPatience, CancellationToken cancellationToken)
    {
        await using var commands = new NpgsqlBatch(connection);
        if (lockPatience is not null)
            commands.BatchCommands.Add(new NpgsqlBatchCommand(lockPatience));
        foreach (var record in batch)
            commands.BatchCommands.Add(record.Command());

        try
        {
            await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
            if (lockPatience is not null)
                await reader.NextResultAsync(cancellationToken);
            foreach (var record in batch)
            {
                await reader.ReadAsync(cancellationToken);
                record.Read(reader);
                // After the last one it waits for the end of the transaction, and throws when that failed.
                await reader.NextResultAsync(cancellationToken);
            }
        }
        catch (PostgresException answer) when (lockPatience is not null && answer.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }

        return true;
    }
}
