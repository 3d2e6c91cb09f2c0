using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using Microsoft.AspNetCore.Hosting.Server;

namespace ChunkUpload.Api.Cli;

/// <summary>
/// Starts and stops the service in order. Start: the start steps (data directory, database, storage, recovery ...), the background
/// services, then the listeners. Stop: signal running requests to reach a checkpoint, stop accepting, wait for requests, then stop
/// everything in reverse order, the database last.
/// </summary>
internal sealed class ServiceHost(WebApplication app) : IAsyncDisposable
{
    // In addition to Host:DrainTime; the sum stays under a container's stop_grace_period of 30 s.
    private static readonly TimeSpan BackgroundTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StepsTime = TimeSpan.FromSeconds(12);

    /// <summary>The maximum time of a stop in addition to Host:DrainTime.</summary>
    public static readonly TimeSpan TimeAfterDrain = BackgroundTime + StepsTime;

    private readonly ILogger<ServiceHost> _logger = app.Services.GetRequiredService<ILogger<ServiceHost>>();
    private readonly StartSequence _steps = app.Services.GetRequiredService<StartSequence>();
    private readonly TimeProvider _time = app.Services.GetRequiredService<TimeProvider>();
    private readonly Supervisor _supervisor = new();

    public IServiceProvider Services => app.Services;

    /// <summary>The addresses that the service listens on, with the actual ports.</summary>
    public IReadOnlyCollection<string> Addresses => [.. app.Urls];

    private string Address => AccessVerbs.AddressOf(Services, Banner.Reachable(Addresses.First()));

    /// <exception cref="StartRefusedException">The service cannot start; the message gives the operator the reason.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var signal = Services.GetRequiredService<StoppingSignal>();
        _ = app.Lifetime.ApplicationStopping.Register(signal.Signal);
        var options = Services.GetRequiredService<HostingOptions>();
        await _steps.StartAsync(StartOrder.DataDirectory, cancellationToken);
        try
        {
            // Check after the data directory: for a second service on the same directory, that error is more helpful than the port in use.
            ListenAddresses.Check(options);
            // Check before the database: a start that is refused leaves nothing behind.
            Services.GetRequiredService<TlsCertificate>().ReadFiles();
        }
        catch
        {
            await _steps.StopAsync(CancellationToken.None);
            throw;
        }

        await _steps.StartAsync(int.MaxValue, cancellationToken);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e)
        {
            await StopAsync();
            if (ListenAddresses.Sentence(e, string.Join(", ", options.AllUrls)) is { } sentence)
                throw new StartRefusedException(sentence, e);
            throw;
        }

        try
        {
            Services.GetRequiredService<IServiceAddress>().Announce(Address);
        }
        catch (IOException reason)
        {
            HostingLog.NotAnnounced(_logger, reason.Message);
        }
    }

    /// <summary>Runs a verb that needs the database or the store but no listener.</summary>
    public async Task<int> RunStepsAsync(int lastOrder, Func<IServiceProvider, Task<int>> work, CancellationToken cancellationToken)
    {
        await _steps.StartAsync(lastOrder, cancellationToken);
        try
        {
            return await work(Services);
        }
        finally
        {
            await _steps.StopAsync(CancellationToken.None);
        }
    }

    /// <returns>False when the service ended without a signal.</returns>
    public async Task<bool> RunAsync(StopSignals signals)
    {
        await StartAsync(signals.Token);
        _supervisor.Ready();
        await AnnounceAsync(signals.Token);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (signals.Token.Register(() => stop.TrySetResult()))
        await using (app.Lifetime.ApplicationStopping.Register(() => stop.TrySetResult()))
            await stop.Task;
        var asked = signals.Token.IsCancellationRequested;
        await StopAsync();
        return asked;
    }

    public async Task StopAsync()
    {
        var drainTime = Services.GetRequiredService<HostingOptions>().DrainTime;
        HostingLog.Stopping(_logger, drainTime.TotalSeconds);
        _supervisor.Stopping();
        app.Lifetime.StopApplication();
        using (var drain = new CancellationTokenSource(drainTime, _time))
        {
            // Stop the server first, with its own time limit: a slow request must not use up the time of the steps after it.
            await Services.GetRequiredService<IServer>().StopAsync(drain.Token);
            if (drain.IsCancellationRequested)
                HostingLog.DrainTimeOver(_logger);
        }

        using (var background = new CancellationTokenSource(BackgroundTime, _time))
            await app.StopAsync(background.Token);
        using (var steps = new CancellationTokenSource(StepsTime, _time))
            await _steps.StopAsync(steps.Token);
        HostingLog.Stopped(_logger);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        if (Services.GetRequiredService<LogOptions>().Format == LogFormat.Json)
        {
            HostingLog.Ready(_logger, Banner.Version, string.Join(", ", Addresses));
            return;
        }

        var data = Services.GetRequiredService<DataOptions>().Directory;
        var certificate = Services.GetRequiredService<HostingOptions>().MakesCertificate
            ? SelfSignedCertificate.PathIn(Services.GetRequiredService<DataOptions>())
            : null;
        var keyFile = Services.GetRequiredService<AccessOptions>().Mode == AccessMode.Open
            ? null
            : Services.GetRequiredService<IOperatorKeyFile>().Path;
        // Print the sign-in link only as text. JSON logs are shipped and stored elsewhere, and more people can read the journal of systemd
        // than the operator key. A sign-in link must not be written to either.
        var isJournal = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };
        string? link = null;
        var needsOperator = false;
        try
        {
            if (keyFile is not null)
            {
                needsOperator = !await Services.GetRequiredService<IPeopleLedger>().HasOperatorAsync(cancellationToken);
                link = isJournal ? null : await AccessVerbs.NewLinkAsync(Services, Address, cancellationToken);
            }
        }
        catch (LedgerUnavailableException reason)
        {
            HostingLog.NotAnnounced(_logger, reason.Message);
        }

        try
        {
            Console.WriteLine(Banner.Text(Addresses, data, keyFile, Banner.SampleFile(), certificate, link, needsOperator));
        }
        catch (IOException reason)
        {
            // Standard output may be a full disk or a closed terminal. The service runs without it.
            HostingLog.NotAnnounced(_logger, reason.Message);
        }
    }
}
