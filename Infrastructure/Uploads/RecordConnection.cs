using System.Globalization;
using ChunkUpload.Infrastructure.Database;
using Dapper;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// The connection of one recording thread, which blocks on it. The lock timeout is set once, when it opens. It opens again after
/// <see cref="Dispose"/>.
/// </summary>
internal sealed class RecordConnection(LedgerDatabase database, TimeSpan lockPatience) : IDisposable
{
    private NpgsqlConnection? _connection;

    /// <summary>
    /// Like <see cref="SendAsync"/>, but blocks the calling thread. After an exception the caller disposes this connection.
    /// </summary>
    public bool Send(List<List<QueuedRecord>> calls)
    {
        _connection ??= Open();
        // With own: true, the task has completed when the call returns.
        return SendAsync(_connection, calls, lockPatience, own: true, CancellationToken.None).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        var connection = _connection;
        _connection = null;
        connection?.Dispose();
    }

    /// <summary>
    /// Sends the calls in one transaction. False when a row could not be locked in time or could not be read; then nothing is recorded.
    /// </summary>
    /// <param name="lockPatience">How long to wait for a row; null waits without a bound, when no other upload's record waits behind
    /// these.</param>
    /// <param name="own">Whether the connection is a recording thread's own. Its lock timeout is set already, and the call blocks and
    /// returns a completed task.</param>
    public static async Task<bool> SendAsync(
        NpgsqlConnection connection, List<List<QueuedRecord>> calls, TimeSpan? lockPatience, bool own, CancellationToken cancellationToken)
    {
        await using var commands = connection.CreateBatch();
        var tell = own ? null : lockPatience;
        if (tell is { } patience)
            commands.BatchCommands.Add(new NpgsqlBatchCommand(LockTimeout(patience, local: true)));
        foreach (var call in calls)
            commands.BatchCommands.Add(call.Count == 1 ? call[0].Command() : call[0].Kind!.Command(call));

        try
        {
            await using var reader = own ? commands.ExecuteReader() : await commands.ExecuteReaderAsync(cancellationToken);
            if (tell is not null)
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
                        var row = parse(reader);
                        byUpload[row.Id].Read(row.Refusal, row.Refusal is null ? row.ToUpload() : null);
                    }
                }

                // After the last result, this waits for the commit and throws if it failed.
                await NextAsync();
            }

            ValueTask<bool> RowAsync() => own ? ValueTask.FromResult(reader.Read()) : new(reader.ReadAsync(cancellationToken));
            ValueTask<bool> NextAsync() => own ? ValueTask.FromResult(reader.NextResult()) : new(reader.NextResultAsync(cancellationToken));
        }
        catch (PostgresException answer) when (
            lockPatience is not null && answer.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.IoError)
        {
            return false;
        }

        return true;
    }

    private NpgsqlConnection Open()
    {
        var connection = database.OpenSingle();
        try
        {
            using var patience = new NpgsqlCommand(LockTimeout(lockPatience, local: false), connection);
            _ = patience.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string LockTimeout(TimeSpan patience, bool local) =>
        string.Create(CultureInfo.InvariantCulture, $"select set_config('lock_timeout', '{(long)patience.TotalMilliseconds}ms', {local})");
}
