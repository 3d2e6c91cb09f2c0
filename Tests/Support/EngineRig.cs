using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Moving;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Advisor;
using ChunkUpload.Infrastructure.Audit;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Events;
using ChunkUpload.Infrastructure.Fsck;
using ChunkUpload.Infrastructure.Hooks;
using ChunkUpload.Infrastructure.Limits;
using ChunkUpload.Infrastructure.Statistics;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Storage.S3;
using ChunkUpload.Infrastructure.Tree;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Infrastructure;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Storage;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// How to make an engine. Background work is off unless a test asks for it; the test then merges and hashes step by step.
/// </summary>
internal sealed record EngineSetup
{
    public UploadOptions Uploads { get; init; } = new();

    public FilesOptions Files { get; init; } = new();

    // No reserve unless a test asks for one, because the machine's disk may be almost full.
    public StorageOptions Storage { get; init; } = new() { ReserveBytes = 0 };

    /// <summary>The bucket; the test registers its store.</summary>
    public BucketOptions Bucket { get; init; } = new();

    public bool Background { get; init; }

    /// <summary>Gets a value that indicates whether the ledger serves this engine alone.</summary>
    public bool Alone { get; init; } = true;
}

/// <summary>
/// The engine on a real disk and a real database, without HTTP: one incarnation of the service. A second rig on the same folder and
/// database is the next incarnation, after an orderly stop or a crash.
/// </summary>
internal sealed class EngineRig : IAsyncDisposable
{
    // Emptying a database costs a tenth of creating one.
    private static readonly ConcurrentBag<string> Databases = [];

    private const string Empty = """
        do $$
        declare
            t text;
        begin
            for t in select tablename from pg_tables where schemaname = current_schema()
                and tablename not in ('migrations', 'function_set', 'service_clock', 'ledger') loop
                execute format('delete from %I', t);
            end loop;
            update service_clock set seconds = 0;
            update ledger set generation = 1;
        end $$
        """;

    private static readonly Type[] Settings =
    [
        .. new[] { typeof(UploadCatalog).Assembly, typeof(InfrastructureRegistration).Assembly }
            .SelectMany(assembly => assembly.GetTypes()).Where(type => type.GetCustomAttribute<SettingsAttribute>() is not null),
    ];

    private readonly ServiceProvider _services;
    private readonly Stack<IStartStep> _started = new();
    private readonly EngineSetup _setup;
    private readonly List<OtherRig> _others = [];
    private bool _over, _handedOn, _isGuest;

    private EngineRig(string folder, string database, EngineSetup setup)
    {
        (Folder, Database, _setup) = (folder, database, setup);
        // The clock stands still, so a rest would never end.
        setup.Uploads.BackgroundRest = TimeSpan.Zero;
        var services = new ServiceCollection();
        services.AddMetrics().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log));
        foreach (var options in Settings.Select(Make))
        {
            services.AddSingleton(options.GetType(), options);
            services.AddSingleton(
                typeof(IOptions<>).MakeGenericType(options.GetType()),
                    Activator.CreateInstance(typeof(OptionsWrapper<>).MakeGenericType(options.GetType()), options)!);
        }

        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<IHostEnvironment>(TestEnvironment.Production).AddSingleton<IHostApplicationLifetime, RunningLifetime>();
        // All of Infrastructure but the scheduler, which needs a host.
        services.AddUploads().AddMoving();
        services.AddIntake().AddFiles().AddDatabase().AddDiskStorage().AddLedger().AddUploadLedger().AddTreeLedger()
            .AddFsck().AddAdviceLedger().AddLimitLedger().AddSingleton<IEventLedger, PostgresEventLedger>()
            .AddSingleton<IStatisticsLedger, PostgresStatisticsLedger>();
        services.AddSingleton<IAuditLedger, PostgresAuditLedger>().AddSingleton<Downloads>();
        services.AddOptions().AddSingleton<IHookSender, HookSender>();
        services.AddSingleton(new LedgerUse(setup.Alone));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DiskStore>(provider, folder, Calls, setup.Storage));
        services.AddSingleton(provider => HookedProxy.Wrap<IChunkStore>(provider.GetRequiredService<DiskChunkStore>(), Hooks));
        foreach (var role in typeof(PostgresUploadLedger).GetInterfaces())
            services.AddSingleton(role, provider => HookedProxy.Wrap(role, provider.GetRequiredService<PostgresUploadLedger>(), Hooks));
        foreach (var role in typeof(PostgresTreeLedger).GetInterfaces())
            services.AddSingleton(role, provider => HookedProxy.Wrap(role, provider.GetRequiredService<PostgresTreeLedger>(), Hooks));
        _services = services.BuildServiceProvider();
    }

    public string Folder { get; }

    /// <summary>The connection string.</summary>
    public string Database { get; }

    /// <summary>Stands still until the test moves it.</summary>
    public ManualTime Time { get; } = new();

    public FaultySyscalls Calls { get; } = new();

    public EngineHooks Hooks { get; } = new();

    public LogLines Log { get; } = new();

    public ChunkWriter Writer => Get<ChunkWriter>();

    public UploadIntake Intake => Get<UploadIntake>();

    public UploadCatalog Catalog => Get<UploadCatalog>();

    public UploadFinisher Finisher => Get<UploadFinisher>();

    public FileReceiver Files => Get<FileReceiver>();

    public ContentReader Contents => Get<ContentReader>();

    public BackgroundWork Background => Get<BackgroundWork>();

    public ChunkMerger Merger => Get<ChunkMerger>();

    public FrontHasher Hasher => Get<FrontHasher>();

    public WriterClaims Claims => Get<WriterClaims>();

    public FileRemover Remover => Get<FileRemover>();

    public long Incarnation => Get<Incarnation>().Id;

    /// <summary>Without hooks, for the test's own checks.</summary>
    public DiskChunkStore Store => Get<DiskChunkStore>();

    /// <summary>Without hooks, for the test's own checks.</summary>
    public PostgresUploadLedger Ledger => Get<PostgresUploadLedger>();

    /// <summary>Without hooks, for the test's own checks.</summary>
    public PostgresTreeLedger Tree => Get<PostgresTreeLedger>();

    public static async Task<EngineRig> StartAsync(PostgresFixture postgres, EngineSetup? setup = null) =>
        await StartAsync(ServiceFolder.Create(), Databases.TryTake(out var database) ? database : await postgres.CreateDatabaseAsync(),
            setup ?? new EngineSetup());

    /// <summary>Starts another node on the ledger of the first one, with a data directory of its own.</summary>
    public static Task<EngineRig> StartBesideAsync(EngineRig first, EngineSetup? setup = null) =>
        StartAsync(ServiceFolder.Create(), first.Database, (setup ?? new EngineSetup()) with { Alone = false }, isGuest: true);

    /// <summary>Lets this engine read the other one's data directory, and ask it to stop writers.</summary>
    public OtherRig Learn(EngineRig other)
    {
        var known = new OtherRig(other, this);
        _others.Add(known);
        Get<OtherStores>().Add(known.Store);
        Get<OtherNodes>().Add(known);
        return known;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(
            Database)
        { SearchPath = LedgerDatabase.SearchPath, ApplicationName = "test" }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Advances the service clock.</summary>
    public async Task AgeAsync(TimeSpan by)
    {
        await using var connection = await ConnectAsync();
        await connection.ExecuteAsync("update service_clock set seconds = seconds + @Seconds", new { Seconds = by.TotalSeconds });
    }

    /// <summary>Completes when the background is idle.</summary>
    public Task WhenIdleAsync() => Eventually.HoldsAsync(() => Background.Depth == 0);

    /// <summary>Stops in order and starts the next incarnation.</summary>
    public async Task<EngineRig> RestartAsync(EngineSetup? setup = null)
    {
        await StopAsync();
        return await NextAsync(setup);
    }

    /// <summary>Ends the process at once, whatever it is doing, and starts the next incarnation.</summary>
    public async Task<EngineRig> CrashAsync(EngineSetup? setup = null)
    {
        await KillAsync();
        return await NextAsync(setup);
    }

    public async Task StopAsync()
    {
        if (_over)
            return;
        _over = true;
        Get<StoppingSignal>().Signal();
        while (_started.TryPop(out var step))
            await step.StopAsync(CancellationToken.None);
        await DisposeServicesAsync();
    }

    public async Task KillAsync()
    {
        if (_over)
            return;
        _over = true;
        Hooks.Die();
        // As the kernel does, close the dead process's descriptors and connections; no write reaches disk or ledger.
        if (_setup.Background)
            await Background.StopAsync(CancellationToken.None);
        foreach (var step in _started.OfType<DiskStoreStart>())
            await step.StopAsync(CancellationToken.None);
        await DisposeServicesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_handedOn)
            return;
        ServiceFolder.Remove(Folder);
        if (_isGuest)
            return;
        await using (var connection = await ConnectAsync())
            await connection.ExecuteAsync(Empty);
        Databases.Add(Database);
    }

    private async Task DisposeServicesAsync()
    {
        _others.ForEach(other => other.Dispose());
        await _services.DisposeAsync();
    }

    private static async Task<EngineRig> StartAsync(string folder, string database, EngineSetup setup, bool isGuest = false)
    {
        var rig = new EngineRig(folder, database, setup) { _isGuest = isGuest };
        if (!setup.Alone)
            rig.Get<IStoreBinding>().AllowEmptyStore();
        foreach (var step in rig._services.GetServices<IStartStep>().OrderBy(step => step.Order))
        {
            if (step.Order > StartOrder.Recovery && !(step is BackgroundWork && setup.Background))
                continue;
            await step.StartAsync(CancellationToken.None);
            rig._started.Push(step);
        }

        return rig;
    }

    private Task<EngineRig> NextAsync(EngineSetup? setup)
    {
        _handedOn = true;
        return StartAsync(Folder, Database, (setup ?? _setup) with { Alone = _setup.Alone }, _isGuest);
    }

    private object Make(Type type)
    {
        var options = type switch
        {
            _ when type == typeof(UploadOptions) => _setup.Uploads,
            _ when type == typeof(FilesOptions) => _setup.Files,
            _ when type == typeof(StorageOptions) => _setup.Storage,
            _ when type == typeof(BucketOptions) => _setup.Bucket,
            _ when type == typeof(DataOptions) => new DataOptions { Directory = Folder },
            _ when type == typeof(ConnectionStringOptions) => new ConnectionStringOptions { Ledger = Database },
            _ => Activator.CreateInstance(type)!,
        };
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        return options;
    }
}
