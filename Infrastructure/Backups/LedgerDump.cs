using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using Npgsql;

namespace ChunkUpload.Infrastructure.Backups;

/// <summary>
/// Runs PostgreSQL's own pg_dump and pg_restore. Only the schema of the tables is dumped, because a start recreates the functions, and the
/// scheduler its tables.
/// </summary>
internal sealed class LedgerDump(NpgsqlConnectionStringBuilder ledger, DatabaseOptions options)
{
    /// <param name="snapshot">The exported snapshot whose rows are dumped.</param>
    public async Task WriteAsync(string path, string snapshot, CancellationToken cancellationToken)
    {
        // pg_dump keeps the mode of an existing file. The dump contains hashes of passwords and keys.
        await using (new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
        }

        await RunAsync(
            "pg_dump",
            [
                "--format=custom", "--no-owner", "--no-privileges", $"--schema={LedgerDatabase.Schema}", $"--snapshot={snapshot}",
                $"--file={path}",
            ],
            cancellationToken);
    }

    /// <summary>Restores all tables in one transaction. Their schema exists already.</summary>
    public Task ReadAsync(string path, CancellationToken cancellationToken) => RunAsync(
        "pg_restore",
        [
            "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", $"--schema={LedgerDatabase.Schema}",
            $"--dbname={ledger.Database}", path,
        ],
        cancellationToken);

    private async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        string[] server = [$"--host={ledger.Host}", $"--port={ledger.Port}", $"--username={ledger.Username}", "--no-password"];
        string[] database = program == "pg_dump" ? [$"--dbname={ledger.Database}"] : [];
        var result = await Command.RunAsync(
            Find(program), [.. server, .. database, .. arguments], account: null, cancellationToken, Environment());
        if (!result.Succeeded)
            throw new StartRefusedException($"{program} failed: {result.Complaint.TrimEnd('.')}.");
    }

    private string Find(string program) =>
        PostgresPrograms.Folders(options.BinDirectory is { Length: > 0 } bin ? bin : null)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
        ?? throw new StartRefusedException(
            $"PostgreSQL's program {program} was not found: install it (on Debian the package postgresql-client), or set "
                + "Database:BinDirectory to where it is.");

    // Not as arguments, which every user of the machine can read.
    private Dictionary<string, string> Environment()
    {
        var environment = new Dictionary<string, string>
        {
            ["PGSSLMODE"] = ledger.SslMode switch
            {
                SslMode.VerifyCA => "verify-ca",
                SslMode.VerifyFull => "verify-full",
                var mode => mode.ToString().ToLowerInvariant(),
            },
        };
        if (ledger.Password is { Length: > 0 } password)
            environment["PGPASSWORD"] = password;
        if (ledger.Passfile is { Length: > 0 } file)
            environment["PGPASSFILE"] = file;
        if (ledger.RootCertificate is { Length: > 0 } root)
            environment["PGSSLROOTCERT"] = root;
        return environment;
    }
}
