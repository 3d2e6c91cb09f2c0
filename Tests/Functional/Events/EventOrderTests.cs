using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Events;

/// <summary>No cursor skips an event that is committed late (E12).</summary>
public sealed class EventOrderTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task No_event_is_read_before_one_of_a_transaction_that_began_earlier()
    {
        await using var early = await OpenAsync();
        await using var late = await OpenAsync();
        await using var reader = await OpenAsync();
        await using var open = await early.BeginTransactionAsync();
        await early.ExecuteAsync("select add_event('early', 'test', '1', '{}')", transaction: open);
        await late.ExecuteAsync("select add_event('late', 'test', '2', '{}')");
        Assert.Empty(await ReadAsync(reader));
        await open.CommitAsync();
        // Other transactions of the service may be open for a moment.
        IReadOnlyList<string> read = [];
        await Eventually.HoldsAsync(async () => (read = await ReadAsync(reader)).Count == 2);
        Assert.Equal(["early", "late"], read);
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(NpgsqlConnection connection) =>
        [.. await connection.QueryAsync<string>("select kind from read_events('0', 0, 1000) where topic_kind = 'test'")];

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync("set search_path = chunkupload, chunkupload_functions");
        return connection;
    }
}
