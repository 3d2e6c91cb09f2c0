using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>
/// The private PostgreSQL cluster. It is created at the first start, reached through a Unix socket only, and stopped with the service. The
/// caller holds the data directory's lock, and a cluster elsewhere has a lock of its own, so no two services ever use one cluster.
/// </summary>
internal sealed class EmbeddedPostgres(
    string dataDirectory, Guid store, DatabaseOptions options, ILogger<EmbeddedPostgres> log) : IAsyncDisposable
{
    public const string User = "chunkupload";
    public const string Database = "chunkupload";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PatienceAfterQuit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceWithLockFile = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    // Always the system clock: these waits are for real processes.
    private readonly TimeProvider _time = TimeProvider.System;

    private ClusterPlace? _place;
    private PostgresPrograms? _programs;
    private Postmaster? _postmaster;
    private DataDirectoryLock? _lockElsewhere;
    private CancellationTokenSource? _watching;
    private Task _watch = Task.CompletedTask;

    /// <summary>Called before a new cluster is created. Returns why none may be created, or null.</summary>
    public Func<string?> WhyNoNewCluster { get; init; } = () => null;

    /// <summary>Server settings that replace those of the service, such as <c>fsync=off</c> for tests.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    public string ConnectionString => ConnectionStringTo(Database);

    /// <summary>PostgreSQL's data directory.</summary>
    public string Directory => Place.Directory;

    public int ProcessId => _postmaster?.ProcessId ?? throw new InvalidOperationException("The database is not running.");

    private ClusterPlace Place => _place ?? throw new InvalidOperationException("The database was not started.");

    public string ConnectionStringTo(string database) => ConnectionStringTo(Place, database);

    /// <summary>The connection string of the cluster that the service of this data directory runs. Does not start or stop it.</summary>
    public static async Task<string> FindAsync(
        string dataDirectory, Guid store, DatabaseOptions options, ILogger log, CancellationToken cancellationToken) =>
        ConnectionStringTo(await ClusterPlace.FindAsync(dataDirectory, store, options.PrivateDirectory, log, cancellationToken), Database);

    /// <exception cref="StartRefusedException">The cluster cannot be used; the sentence says what the operator can do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StartCoreAsync(cancellationToken);
        }
        catch (Exception reason)
        {
            await StopAsync(CancellationToken.None);
            if (reason is IOException or UnauthorizedAccessException or NpgsqlException)
                throw new StartRefusedException($"The private PostgreSQL cluster of {dataDirectory} cannot be used "
                    + $"({reason.Message.TrimEnd('.')}): fix that, or set ConnectionStrings:Ledger to a server of your own.", reason);
            throw;
        }

        _watching = new CancellationTokenSource();
        _watch = WatchAsync(_watching.Token);
    }

    /// <summary>Does a fast stop (connections are closed, everything is written), and an immediate one if that takes too long.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await LeaveAsync();
        try
        {
            if (Interlocked.Exchange(ref _postmaster, null) is not { } postmaster)
                return;

            await EndAsync(postmaster, cancellationToken);
            if (!Place.SocketDirectory.StartsWith(Place.Directory, StringComparison.Ordinal)
                && System.IO.Directory.Exists(Place.SocketDirectory))
                System.IO.Directory.Delete(Place.SocketDirectory, recursive: true);
        }
        finally
        {
            _lockElsewhere?.Dispose();
        }
    }

    /// <summary>Stops watching the server and leaves it running, as a kill of the service does.</summary>
    public async Task LeaveAsync()
    {
        if (Interlocked.Exchange(ref _watching, null) is { } watching)
        {
            await watching.CancelAsync();
            await _watch;
            watching.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    /// <summary>
    /// 1. Find the place and the programs. 2. Create the cluster. 3. Adopt the running server, or start one. 4. Create the database.
    /// </summary>
    private async Task StartCoreAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();

        // 1. Find the place and the programs.
        _place = await ClusterPlace.FindAsync(dataDirectory, store, options.PrivateDirectory, log, cancellationToken);
        if (_place.IsOutside(dataDirectory))
            _lockElsewhere = DataDirectoryLock.Take(Path.GetDirectoryName(_place.Directory)!);
        var major = _place.IsMade ? ClusterVersion.Of(_place.Directory) : (int?)null;
        _programs = await PostgresPrograms.FindAsync(options.BinDirectory is { Length: > 0 } bin ? bin : null, major, cancellationToken);
        if (major is not null)
            ClusterVersion.Check(_place.Directory, major.Value, _programs);

        // 2. Create the cluster.
        var isNew = major is null;
        if (isNew && WhyNoNewCluster() is { } sentence)
            throw new StartRefusedException(sentence);
        if (isNew)
            await ClusterMaker.MakeAsync(_place, _programs, cancellationToken);
        if (_place.Link is { } link)
            ClusterMaker.Link(link, _place.Directory);

        // 3. Adopt the running server, or start one.
        await BringUpAsync(cancellationToken);

        // 4. Create the database.
        await EmbeddedDatabase.EnsureAsync(this, options.StartTimeout, cancellationToken);
        log.ClusterReady(_place.Directory, _programs.Major, ProcessId, isNew, (long)_time.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task BringUpAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        string[] wanted = [.. ClusterSettings.CommandLine(Place, _programs!, options), .. Overrides.SelectMany(one => new[] { "-c", one })];
        while (true)
        {
            if (Postmaster.Find(Place.Directory) is { } running)
            {
                if (running.CommandLine.SequenceEqual(wanted)
                    && await PostmasterStart.WaitAsync(running, Place.Directory, options.StartTimeout, _time, cancellationToken)
                    && await EmbeddedDatabase.AnswersAsync(this, cancellationToken))
                {
                    _postmaster = running;
                    log.ClusterAdopted(running.ProcessId);
                    return;
                }

                log.ClusterRestarts(running.ProcessId);
                await EndAsync(running, cancellationToken);
                continue;
            }

            Postmaster.ForgetStranger(Place.Directory);
            _postmaster = await PostmasterStart.LaunchAsync(Place, wanted);
            if (_postmaster is not null
                && await PostmasterStart.WaitAsync(_postmaster, Place.Directory, options.StartTimeout, _time, cancellationToken))
                return;

            if (_postmaster is { IsAlive: true })
                throw new StartRefusedException($"The private PostgreSQL cluster {Place.Directory} was not ready within "
                    + $"{options.StartTimeout}: see its log folder; if it is still replaying its log, start again.");

            // The backends of a killed postmaster exit once they notice; until then their shared memory blocks a new server. Also, a server
            // that a killed service had just launched may have created its lock file between our check and our start. A server that refuses
            // to start has no error codes, only its log.
            var complaint = ClusterLog.Complaint(Place.Directory);
            var passes = complaint.Contains("shared memory block", StringComparison.Ordinal)
                || (complaint.Contains("lock file", StringComparison.Ordinal) && _time.GetElapsedTime(began) < PatienceWithLockFile);
            if (passes)
                Postmaster.ForgetEmpty(Place.Directory);
            if (!passes || _time.GetElapsedTime(began) > options.StartTimeout)
                throw new StartRefusedException($"The private PostgreSQL cluster {Place.Directory} did not start ({complaint}): fix "
                    + $"that (its log folder has the details), or set ConnectionStrings:Ledger to a server of your own.");
            await Task.Delay(Pause, _time, cancellationToken);
        }
    }

    /// <summary>Restarts a server that the out-of-memory killer or an operator has ended.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(WatchInterval, _time, cancellationToken);
                try
                {
                    if (_postmaster is { IsAlive: true })
                        continue;

                    log.ClusterDied();
                    await BringUpAsync(cancellationToken);
                    log.ClusterRevived(ProcessId);
                }
                catch (Exception reason) when (reason is not OperationCanceledException)
                {
                    // No caller awaits this loop, so log the failure and try again.
                    log.ClusterNotRevived(reason);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task EndAsync(Postmaster postmaster, CancellationToken cancellationToken)
    {
        postmaster.Signal(Libc.SignalInterrupt);
        if (await EndsWithinAsync(options.StopTimeout))
            return;

        log.ClusterStopsHard(postmaster.ProcessId, options.StopTimeout);
        postmaster.Signal(Libc.SignalQuit);
        if (!await EndsWithinAsync(PatienceAfterQuit))
            log.ClusterStays(postmaster.ProcessId);

        async Task<bool> EndsWithinAsync(TimeSpan patience)
        {
            var began = _time.GetTimestamp();
            while (postmaster.IsAlive)
            {
                if (_time.GetElapsedTime(began) > patience)
                    return false;
                await Task.Delay(Pause, _time, cancellationToken);
            }

            return true;
        }
    }

    private static string ConnectionStringTo(ClusterPlace place, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = place.SocketDirectory,
        Port = 5432,
        Username = User,
        Database = database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;
}
