using System.Data;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>How faults of the database appear: a repeated call, otherwise 503, never an internal error.</summary>
public sealed class LedgerCallsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private sealed record Wide(string Text, int Number);

    [Fact]
    public async Task Query_that_breaks_off_in_a_row_is_repeated()
    {
        var text = await postgres.CreateDatabaseAsync();
        await using var relay = new Relay(text);
        await using var database = await OpenAsync(relay.ConnectionString);
        var calls = new LedgerCalls(database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);
        var tries = 0;

        var rows = await calls.RunAsync(
            (connection, token) =>
            {
                if (++tries == 1)
                    relay.CutAfter(100_000);
                return connection.QueryAsync<Wide>(
                    new CommandDefinition("select repeat('x', 300000) as text, 7 as number", cancellationToken: token));
            },
            None);

        Assert.Equal(2, tries);
        Assert.Equal(1, relay.Cuts);
        Assert.Equal((300_000, 7), rows.Select(row => (row.Text.Length, row.Number)).Single());
    }

    [Fact]
    public async Task The_start_waits_for_a_database_that_refuses_connections()
    {
        var text = await postgres.CreateDatabaseAsync();
        await using var database = await OpenAsync(text);
        await using var server =
            NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(text) { Database = "postgres", Pooling = false });
        await using var operatorsOwn = await server.OpenConnectionAsync();
        var name = new NpgsqlConnectionStringBuilder(text).Database;
        await operatorsOwn.ExecuteAsync($"alter database {name} allow_connections false");
        await operatorsOwn.ExecuteAsync(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = @Name", new { Name = name });
        database.DataSource.Clear();
        var time = new ManualTime();
        var calls = new LedgerCalls(database, time, NullLogger<LedgerCalls>.Instance);

        bool? repeated = null;
        var answer = calls.RunAsync(
            (connection, again, token) =>
            {
                repeated = again;
                return connection.ExecuteScalarAsync<int>("select 1");
            },
            None);
        await Task.WhenAny(answer, time.WaitForTimersAsync(1));
        Assert.False(answer.IsCompleted);
        await operatorsOwn.ExecuteAsync($"alter database {name} allow_connections true");
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, await answer);
        Assert.False(repeated);
    }

    [Fact]
    public async Task A_closed_ledger_is_not_asked_again()
    {
        var database = await OpenAsync(await postgres.CreateDatabaseAsync());
        var source = database.DataSource;
        var calls = new LedgerCalls(database, new ManualTime(), NullLogger<LedgerCalls>.Instance);
        await source.DisposeAsync();

        await Assert.ThrowsAsync<LedgerUnavailableException>(
            () => calls.RunAsync((connection, _) => connection.ExecuteScalarAsync<int>("select 1"), None)
                .WaitAsync(TimeSpan.FromSeconds(60)));
        await database.DisposeAsync();
    }

    [Theory]
    [InlineData("25P03", true)]
    [InlineData("25P04", true)]
    [InlineData("57014", true)]
    [InlineData("XX000", true)]
    [InlineData("42501", true)]
    [InlineData("XX001", false)]
    [InlineData("58P01", false)]
    [InlineData("23505", false)]
    public void Server_errors_are_told_apart_from_faults_of_the_statement(string state, bool isTransient)
    {
        var answer = new PostgresException("what happened", "ERROR", "ERROR", state);

        Assert.Equal(isTransient, LedgerErrors.IsTransient(answer));
        Assert.Equal(isTransient, LedgerErrors.IsTransient(new DataException("Error parsing column 1", answer)));
    }

    private static async Task<LedgerDatabase> OpenAsync(string text)
    {
        var database = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        await database.OpenAsync(text, None);
        return database;
    }

    /// <summary>A proxy between the driver and the server that can break a connection anywhere in an answer.</summary>
    private sealed class Relay : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly EndPoint _server;
        private readonly List<Task> _connections = [];
        private readonly Task _accepting;
        private long _left = long.MaxValue;

        public Relay(string connectionString)
        {
            var text = new NpgsqlConnectionStringBuilder(connectionString);
            _server = new UnixDomainSocketEndPoint(Path.Combine(text.Host!, $".s.PGSQL.{text.Port}"));
            _listener.Start();
            (text.Host, text.Port) = ("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
            ConnectionString = text.ConnectionString;
            _accepting = AcceptAsync();
        }

        public string ConnectionString { get; }

        public int Cuts { get; private set; }

        /// <summary>Cuts the connection whose answer brings the byte after this many, once.</summary>
        public void CutAfter(long bytes) => Volatile.Write(ref _left, bytes);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Dispose();
            await _accepting;
            await Task.WhenAll(_connections);
            _stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                    _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
            catch (OperationCanceledException)
            {
                // The proxy has been disposed of.
            }
        }

        private async Task ServeAsync(Socket client)
        {
            using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            using (client)
            {
                try
                {
                    await server.ConnectAsync(_server, _stop.Token);
                    await await Task.WhenAny(CarryAsync(client, server, _ => true), CarryAsync(server, client, MayPass));
                }
                catch (Exception exception) when (exception is OperationCanceledException or SocketException)
                {
                    // One side has closed its connection.
                }
            }
        }

        private bool MayPass(int count)
        {
            if (Interlocked.Add(ref _left, -count) >= 0)
                return true;
            Volatile.Write(ref _left, long.MaxValue);
            Cuts++;
            return false;
        }

        private async Task CarryAsync(Socket from, Socket to, Func<int, bool> mayPass)
        {
            var buffer = new byte[8 << 10];
            while (await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token) is > 0 and var count && mayPass(count))
                _ = await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None, _stop.Token);
        }
    }
}
