using Npgsql;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>The ledger's database in the private cluster.</summary>
internal static class EmbeddedDatabase
{
    private const int ProbeSeconds = 10;
    private const int MostSeconds = 1024; // Npgsql's bound

    /// <summary>Returns whether the running server answers a query.</summary>
    public static async Task<bool> AnswersAsync(EmbeddedPostgres server, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(server, "postgres", ProbeSeconds, cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <param name="patience">How long to wait for an answer. A busy machine may take long, which is no reason to refuse the start.</param>
    public static async Task EnsureAsync(EmbeddedPostgres server, TimeSpan patience, CancellationToken cancellationToken)
    {
        var seconds = (int)Math.Min(MostSeconds, patience.TotalSeconds);
        try
        {
            await using var there = await OpenAsync(server, EmbeddedPostgres.Database, seconds, cancellationToken);
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await using var connection = await OpenAsync(server, "postgres", seconds, cancellationToken);
            await using var create = new NpgsqlCommand($"create database {EmbeddedPostgres.Database}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(
        EmbeddedPostgres server, string database, int seconds, CancellationToken cancellationToken)
    {
        var text = new NpgsqlConnectionStringBuilder(server.ConnectionStringTo(database)) { Pooling = false, Timeout = seconds };
        var connection = new NpgsqlConnection(text.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
