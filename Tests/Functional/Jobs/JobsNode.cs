using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Jobs;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using Hangfire;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Jobs;

/// <summary>The parts of a service process that jobs need: a data directory, a scheduler on the shared ledger, and job control.</summary>
internal sealed class JobsNode : IAsyncDisposable
{
    private readonly DataDirectory _data;
    private bool _stopped;

    private JobsNode(LedgerDatabase ledger, string folder, IReadOnlyList<IMaintenanceJob> jobs, SchedulesOptions schedules, bool enabled)
    {
        _data = new DataDirectory(new DataOptions { Directory = folder }, TimeProvider.System);
        HangfireStorage = new HangfireStorage(ledger);
        Runs = new JobRuns(new LedgerCalls(ledger, TimeProvider.System, NullLogger<LedgerCalls>.Instance));
        var options = new JobsOptions { Enabled = enabled };
        Scheduler = new JobScheduler(
            HangfireStorage, Runs, Names, _data, jobs, options, schedules, new NodeDrain(), new RunningLifetime(), TimeProvider.System,
            NullLoggerFactory.Instance)
        {
            Poll = TimeSpan.FromSeconds(1),
        };
        Catalog = new JobControl(Scheduler, Runs, Names, jobs, options, schedules, TimeProvider.System, NullLogger<JobControl>.Instance);
    }

    public IJobControl Catalog { get; }

    public JobScheduler Scheduler { get; }

    public JobRuns Runs { get; }

    /// <summary>The names of runs on a ledger with a single node.</summary>
    public static RunNames Names { get; } = new(new ClusterOptions(), null!);

    public HangfireStorage HangfireStorage { get; }

    public JobStorage Storage => HangfireStorage.Storage;

    /// <summary>No schedule starts a job, unless a test sets one.</summary>
    public static SchedulesOptions Never { get; } = new()
    {
        PurgeStaleSessions = "0 0 0 29 2 ?",
        SweepOrphans = "0 0 0 29 2 ?",
        FinishPending = "0 0 0 29 2 ?",
        ScrubFiles = "0 0 0 29 2 ?",
        TrimHistory = "0 0 0 29 2 ?",
    };

    public static async Task<JobsNode> StartAsync(
        LedgerDatabase ledger, string folder, IReadOnlyList<IMaintenanceJob> jobs, SchedulesOptions? schedules = null, bool enabled = true)
    {
        var node = new JobsNode(ledger, folder, jobs, schedules ?? Never, enabled);
        await node._data.StartAsync(CancellationToken.None);
        await node.Scheduler.StartAsync(CancellationToken.None);
        return node;
    }

    public async Task StopAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        await Scheduler.StopAsync(CancellationToken.None);
        await _data.StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Scheduler.DisposeAsync();
    }
}
