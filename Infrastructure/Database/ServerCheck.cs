using ChunkUpload.Core.Hosting;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>Checks whether a server can hold the ledger: new enough, in UTF-8, and writable.</summary>
internal static class ServerCheck
{
    private const string Facts = "select current_setting('server_encoding'), pg_is_in_recovery()";

    public static async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (connection.PostgreSqlVersion.Major < LedgerDatabase.OldestServerMajor)
            throw new StartRefusedException($"The ledger's server {connection.Host} is PostgreSQL {connection.PostgreSqlVersion}, and "
                + $"ChunkUpload needs {LedgerDatabase.OldestServerMajor} or newer: upgrade it, or name another one in "
                    + $"ConnectionStrings:Ledger.");

        await using var command = new NpgsqlCommand(Facts, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.GetString(0) is var encoding and not "UTF8")
            throw new StartRefusedException($"The ledger's database {connection.Database} is encoded in {encoding}: make one with "
                + $"ENCODING 'UTF8' and name it in ConnectionStrings:Ledger.");
        if (reader.GetBoolean(1))
            throw new StartRefusedException(
                $"The ledger's server {connection.Host} is a standby and cannot be written: name the primary in ConnectionStrings:Ledger.");
    }
}
