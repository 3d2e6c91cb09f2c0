using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Jobs;
using Hangfire.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// The run's own cluster in a temporary folder. Its template has all tables of a service that has started once. It lies in memory where
/// there is room: a database has hundreds of files, and creating and deleting them on disk would take a third of the tests' time.
/// </summary>
internal sealed class SharedCluster
{
    public const string Template = "chunkupload";

    private const string Memory = "/dev/shm";
    private const long MemoryNeeded = 4L << 30;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly Lazy<Task<SharedCluster>> Instance = new(StartAsync);

    private readonly EmbeddedPostgres _postgres;

    private SharedCluster(EmbeddedPostgres postgres) => _postgres = postgres;

    public static Task<SharedCluster> GetAsync() => Instance.Value;

    public string ConnectionStringTo(string database) => _postgres.ConnectionStringTo(database);

    private static async Task<SharedCluster> StartAsync()
    {
        var folder = Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace >= MemoryNeeded
            ? Directory.CreateDirectory(Path.Combine(Memory, "chunkupload-tests-" + Path.GetRandomFileName()), Private).FullName
            : Directory.CreateTempSubdirectory("chunkupload-tests-").FullName;
        RunFolder.RemoveAtEnd(folder);
        var postgres =
            new EmbeddedPostgres(folder, Guid.NewGuid(), new DatabaseOptions { MaxPoolSize = 600 }, NullLogger<EmbeddedPostgres>.Instance)
            {
                // The cluster does not outlive the run, so nothing in it has to survive a crash of the machine.
                Overrides = ["fsync=off", "full_page_writes=off"],
            };
        await postgres.StartAsync(CancellationToken.None);
        // At the run's end a shell stops the server, which must not be started again.
        await postgres.LeaveAsync();

        await MigrateAsync(postgres.ConnectionStringTo(Template));
        return new SharedCluster(postgres);
    }

    /// <summary>
    /// Makes all tables that a service has made once it has started. No connection stays open: a template must have none.
    /// </summary>
    public static async Task MigrateAsync(string connectionString)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        await using var jobs = new NpgsqlConnection(unpooled.ConnectionString);
        unpooled.SearchPath = LedgerDatabase.SearchPath;
        await using var source = NpgsqlDataSource.Create(unpooled);
        await new Migrator(source, LedgerSchema.Embedded(), NullLogger<Migrator>.Instance).RunAsync(CancellationToken.None);
        await jobs.OpenAsync();
        PostgreSqlObjectsInstaller.Install(jobs, HangfireSchema.Name);
    }
}
