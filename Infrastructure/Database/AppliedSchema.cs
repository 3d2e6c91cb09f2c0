using Dapper;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>The schema that a ledger's database has, as recorded there.</summary>
/// <param name="Migrations">In the order of their numbers; empty if the database is.</param>
/// <param name="Functions">Null if the database has none.</param>
internal sealed record AppliedSchema(IReadOnlyList<AppliedSchema.Migration> Migrations, AppliedSchema.FunctionSet? Functions)
{
    public const string CreateTables = """
        create table if not exists chunkupload.migrations (
            number integer primary key,
            name text not null,
            checksum bytea not null,
            applied_at timestamptz not null default now());
        create table if not exists chunkupload.function_set (
            only_one boolean primary key default true check (only_one),
            number integer not null,
            checksum bytea not null,
            replaced_at timestamptz not null default now())
        """;

    private const string HasTables = """
        select to_regclass('chunkupload.migrations') is not null as migrations,
               to_regclass('chunkupload.function_set') is not null as functions
        """;

    private const string ReadMigrations = "select number, name, checksum from chunkupload.migrations order by number";
    private const string ReadFunctions = "select number, checksum from chunkupload.function_set";

    // The first migration of ledgers that were created before all migrations were rewritten.
    private const string FirstBeforeRewrite = "uploads";

    public sealed record Migration(int Number, string Name, byte[] Checksum);

    public sealed record FunctionSet(int Number, byte[] Checksum);

    private sealed record Tables(bool Migrations, bool Functions);

    /// <summary>
    /// Gets a value that indicates whether the ledger was created before the schema was rewritten, and so cannot be upgraded.
    /// </summary>
    public bool IsBeforeRewrite => Migrations is [{ Number: 1, Name: FirstBeforeRewrite }, ..];

    public static async Task<AppliedSchema> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tables = await connection.QuerySingleAsync<Tables>(Command(HasTables));
        var migrations = tables.Migrations ? (await connection.QueryAsync<Migration>(Command(ReadMigrations))).AsList() : [];
        var functions = tables.Functions ? await connection.QuerySingleOrDefaultAsync<FunctionSet>(Command(ReadFunctions)) : null;
        return new AppliedSchema(migrations, functions);

        CommandDefinition Command(string text) => new(text, cancellationToken: cancellationToken);
    }
}
