using System.Globalization;
using ChunkUpload.Infrastructure.Database;
using Dapper;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// A connection for one thread that records and waits for it: it is told once how long to wait for a row, and opened again after it was
/// disposed.
/// </summary>
internal sealed class RecordConnection(LedgerDatabase database, TimeSpan lockPatience) : IDisposable
{
    private NpgsqlConnection? _connection;

    /// <summary>As <see cref="SendAsync"/>, and the calling thread waits. After an exception it is to be disposed.</summary>
    public bool Send(List<List<QueuedRecord>> calls)
    {
        _connection ??= Open();
        // It has ended when it comes back.
        return SendAsync(_connection, calls, lockPatience, own: true, CancellationToken.None).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        var connection = _connection;
        _connection = null;
        connection?.Dispose();
    }

    /// <summary>False when a row was not to be had in time, or not to be read, by which nothing of it is recorded.</summary>
    /// <param name="lockPatience">Null: nobody else waits behind them, and they may wait for their row as long as it takes.</param>
    /// <param name="own">A thread's own connection: it knows its patience, and the calling thread waits and gets a task that has
    /// ended.</param>
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
