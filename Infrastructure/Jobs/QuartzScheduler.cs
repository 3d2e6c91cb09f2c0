using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Quartz;
using Quartz.Extensibility;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// One Quartz scheduler over the tables in the schema "quartz", clustered with every other process on the same ledger. It has a
/// container and a few connections of its own: it is built while the service already answers, and it never waits for, or takes, a
/// connection of a request.
/// </summary>
internal sealed class QuartzScheduler : IAsyncDisposable
{
    public const string Schema = "quartz";
    public const string Name = "chunkupload";

    /// <summary>One run of each job at most, so that a scrub that lasts for days holds up no purge.</summary>
    private const int Threads = 8;

    // A node that is gone for this long is dead: interval and threshold together.
    private static readonly TimeSpan CheckIn = TimeSpan.FromSeconds(5);

    // How soon a node sees what another one has scheduled.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly ServiceProvider _services;
    private readonly NpgsqlDataSource _source;

    private QuartzScheduler(ServiceProvider services, NpgsqlDataSource source, IScheduler scheduler)
    {
        _services = services;
        _source = source;
        Scheduler = scheduler;
        History = services.GetRequiredService<IExecutionHistoryStore>();
    }

    public IScheduler Scheduler { get; }

    public IExecutionHistoryStore History { get; }

    /// <summary>Builds it, makes its tables where they are missing, and starts nothing yet.</summary>
    /// <param name="node">The same at every start of this volume: what a killed process left is then taken up at once.</param>
    public static async Task<QuartzScheduler> BuildAsync(
        string connectionString, string node, IEnumerable<IMaintenanceJob> jobs, JobsOptions options, ILoggerFactory logs, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var source = NpgsqlDataSource.Create(connectionString);
        var services = new ServiceCollection().AddSingleton(logs).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        foreach (var job in jobs)
            _ = services.AddSingleton(job);
        _ = services.AddQuartz(quartz => Configure(quartz, source, node, time));
        _ = services.AddQuartzExecutionHistory(history =>
        {
            history.Retention = options.KeepHistory;
            // A job every five minutes for the default thirty days is 8,640 rows; the bounds are for schedules of seconds.
            history.MaxEntriesPerJob = 20_000;
            history.MaxEntriesPerScheduler = 100_000;
        });

        var provider = services.BuildServiceProvider();
        try
        {
            var scheduler = await provider.GetRequiredService<ISchedulerFactory>().GetScheduler(cancellationToken);
            return new QuartzScheduler(provider, source, scheduler);
        }
        catch
        {
            await provider.DisposeAsync();
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks running jobs to stop, waits for them, and leaves the cluster.</summary>
    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        await Scheduler.Shutdown(waitForJobsToComplete: true, cancellationToken);
        try
        {
            // Quartz leaves its last sign of incarnation behind and takes it, at the next start, for a node that failed.
            await using var leave = _source.CreateCommand("delete from qrtz_scheduler_state where sched_name = $1 and instance_name = $2");
            leave.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Name });
            leave.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Scheduler.SchedulerInstanceId });
            _ = await leave.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception)
        {
            // Whatever it was, it costs a warning at the next start, no more.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _source.DisposeAsync();
    }

    private static void Configure(IQuartzBuilder quartz, NpgsqlDataSource source, string node, TimeProvider time)
    {
        _ = quartz
            .ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = Name;
                scheduler.InstanceId = node;
                scheduler.IdleWaitTime = Look;
                scheduler.DefaultTimeZone = TimeZoneInfo.Utc;
                scheduler.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            })
            .UseTimeProvider(time)
            .UseDefaultThreadPool(Threads)
            .UsePersistentStore(store =>
            {
                _ = store.UsePostgres(database => database.DataSourceFactory = _ => source);
                _ = store.UseSystemTextJsonSerializer();
                _ = store.UseClustering(cluster =>
                {
                    cluster.CheckinInterval = CheckIn;
                    cluster.CheckinMisfireThreshold = CheckIn;
                });
                _ = store.UseExecutionHistory();
                _ = store.ProvisionSchema();
                _ = store.ConfigureStore(settings =>
                {
                    settings.StoreJobDataAsStrings = true;
                    settings.RecoverFiringsCancelledByShutdown = true;
                });
            })
            .AddJobType<MaintenanceJobRunner>();
    }
}
