using System.Text.Json;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>A ledger with as many rows as a busy service has, to look at the plans of queries.</summary>
public abstract class FilledLedger : IAsyncLifetime
{
    private readonly LedgerFixture _ledger = new();

    public async Task InitializeAsync()
    {
        await _ledger.InitializeAsync();
        await using var connection = await _ledger.OpenAsync();
        await FillAsync(connection);
    }

    public Task DisposeAsync() => _ledger.DisposeAsync();

    /// <summary>The plan of a query as the ledger sends it.</summary>
    public async Task<LedgerPlan> ExplainAsync(string query, object parameters)
    {
        await using var connection = await _ledger.OpenAsync();
        return new LedgerPlan(
            [JsonDocument.Parse((await connection.ExecuteScalarAsync<string>("explain (format json) " + query, parameters))!)]);
    }

    /// <inheritdoc cref="LedgerPlan.InsideAsync"/>
    public async Task<LedgerPlan> ExplainInsideAsync(string call, object parameters)
    {
        await using var connection = await _ledger.OpenAsync();
        return await LedgerPlan.InsideAsync(connection, call, parameters);
    }

    protected abstract Task FillAsync(NpgsqlConnection connection);

    protected static Task<int> RunAsync(NpgsqlConnection connection, string text) => connection.ExecuteAsync(text, commandTimeout: 0);
}
