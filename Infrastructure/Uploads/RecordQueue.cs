using System.Threading.Channels;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Group commit for the hot writes (E11). A lone record goes at once; what arrives while a commit is running goes with the next one, in one
/// transaction and one round trip, sorted by upload and offset so that two batches never wait for each other in a circle.
/// A batch runs on no caller's token: who stops waiting has not stopped the record, and must not unlink its file (E10).
/// </summary>
internal sealed class RecordQueue : IAsyncDisposable
{
    // Two: while one waits for its commit, the other takes what has arrived. More would only make the batches smaller.
    private const int Workers = 2;
    private const int LargestBatch = 256;

    private readonly Channel<QueuedRecord> _waiting = Channel.CreateUnbounded<QueuedRecord>();
    private readonly LedgerCalls _calls;
    private readonly ILogger<RecordQueue> _log;
    private readonly Task _working;

    public RecordQueue(LedgerCalls calls, ILogger<RecordQueue> log)
    {
        (_calls, _log) = (calls, log);
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
    }

    public async ValueTask DisposeAsync() => await DrainAsync();

    private async Task WorkAsync()
    {
        var batch = new List<QueuedRecord>();
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < LargestBatch && _waiting.Reader.TryRead(out var record))
                batch.Add(record);
            if (batch.Count == 0)
                continue;
            batch.Sort();
            if (await TryAsync(batch))
                continue;
            foreach (var record in batch)
                await TryAsync([record]);
        }
    }

    /// <summary>False when they must be tried one by one.</summary>
    private async Task<bool> TryAsync(List<QueuedRecord> batch)
    {
        try
        {
            await _calls.RunAsync((connection, token) => SendAsync(connection, batch, token), CancellationToken.None);
            batch.ForEach(record => record.Settle());
            return true;
        }
        catch (LedgerUnavailableException reason)
        {
            batch.ForEach(record => record.Fail(reason));
            return true;
        }
        catch (Exception reason) when (batch.Count > 1)
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

    private static async Task<bool> SendAsync(NpgsqlConnection connection, List<QueuedRecord> batch, CancellationToken cancellationToken)
    {
        await using var commands = new NpgsqlBatch(connection);
        foreach (var record in batch)
            commands.BatchCommands.Add(record.Command());

        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        foreach (var record in batch)
        {
            await reader.ReadAsync(cancellationToken);
            record.Read(reader);
            // After the last one it waits for the end of the transaction, and throws when that failed.
            await reader.NextResultAsync(cancellationToken);
        }

        return true;
    }
}
