using ChunkUpload.Api.Access;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Hosting.Server;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// The order in which the service comes up and goes down.
/// Up: start steps (data directory, database, storage, recovery ...), background services, then listen.
/// Down: tell running work to reach a checkpoint, stop accepting, wait for requests, then everything in reverse, the database last.
/// </summary>
internal sealed class ServiceHost(WebApplication app) : IAsyncDisposable
{
    // Beside Host:DrainTime; together they stay under a container's stop_grace_period of 30 s.
    private static readonly TimeSpan BackgroundTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StepsTime = TimeSpan.FromSeconds(12);

    /// <summary>The most that a stop takes beside Host:DrainTime.</summary>
    public static readonly TimeSpan TimeAfterDrain = BackgroundTime + StepsTime;

    private readonly ILogger<ServiceHost> _logger = app.Services.GetRequiredService<ILogger<ServiceHost>>();
    private readonly StartSequence _steps = app.Services.GetRequiredService<StartSequence>();
    private readonly TimeProvider _time = app.Services.GetRequiredService<TimeProvider>();

    public IServiceProvider Services => app.Services;

    /// <summary>Where the service listens, with the real ports.</summary>
    public IReadOnlyCollection<string> Addresses => [.. app.Urls];

    /// <exception cref="StartRefusedException">With the sentence for the operator.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var signal = Services.GetRequiredService<StoppingSignal>();
        _ = app.Lifetime.ApplicationStopping.Register(signal.Signal);
        var options = Services.GetRequiredService<HostingOptions>();
        await _steps.StartAsync(StartOrder.DataDirectory, cancellationToken);
        try
        {
            // After the data directory: a second start on it should hear of that first, not of the port that it also finds taken.
            ListenAddresses.Check(options);
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
    }

    /// <summary>For verbs that need the database or the store, and no listener.</summary>
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

    /// <returns>False when something other than a signal ended the service.</returns>
    public async Task<bool> RunAsync(StopSignals signals)
    {
        await StartAsync(signals.Token);
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
        app.Lifetime.StopApplication();
        using (var drain = new CancellationTokenSource(drainTime, _time))
        {
            // The server first and by itself, so that a slow request does not eat the time of what stops after it.
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
            ? OwnCertificate.PathIn(Services.GetRequiredService<DataOptions>())
            : null;
        var keyFile = Services.GetRequiredService<AccessOptions>().Mode == AccessMode.Open
            ? null
            : Services.GetRequiredService<IOperatorKeyFile>().Path;
        // Only in the text for people: a log of JSON is kept and shipped elsewhere, where a link that signs in does not belong.
        string? link = null;
        try
        {
            if (keyFile is not null)
                link = await AccessVerbs.NewLinkAsync(Services, Addresses.First(), cancellationToken);
        }
        catch (LedgerUnavailableException reason)
        {
            HostingLog.NotAnnounced(_logger, reason.Message);
        }

        try
        {
            Console.WriteLine(Banner.Text(Addresses, data, keyFile, Banner.SampleFile(), certificate, link));
        }
        catch (IOException reason)
        {
            // A full disk under the output, a terminal that is gone: the service runs all the same.
            HostingLog.NotAnnounced(_logger, reason.Message);
        }
    }
}
