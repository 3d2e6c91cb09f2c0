using System.Threading.Channels;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Stores the given advice and the measured figures, every few seconds and once when the service stops. No request waits for it. While the
/// database is unavailable, steps wait in a bounded queue and the rest is dropped. A batch whose answer is lost is written again, so a line
/// may appear twice.
/// </summary>
public sealed class AdviceRecorder(
    NetworkBook networks, IAdviceLedger ledger, IOptions<AdvisorOptions> options, ILogger<AdviceRecorder> log) : IStartStep, IDisposable
{
    private const int MostSteps = 20_000;
    private const int Batch = 500;
    private const int MostNetworks = 50_000;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);

    // A round takes milliseconds while the database answers.
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);

    private readonly Channel<AdviceStep> _steps =
        Channel.CreateBounded<AdviceStep>(new BoundedChannelOptions(MostSteps) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _one = new(1);
    private readonly List<AdviceStep> _batch = new(Batch);
    private List<KnownNetwork> _unsaved = [];
    private Task _running = Task.CompletedTask;
    private long _dropped;

    public int Order => StartOrder.Background;

    public string Name => "advice recorder";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.KeepHistory)
        {
            var known = await ledger.RecentNetworksAsync(options.Value.NetworkMemory, MostNetworks, cancellationToken);
            foreach (var network in known)
                networks.Remember(network);
            AdvisorLog.Remembered(log, known.Count);
        }

        _running = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        networks.CloseAll();
        await FlushAsync(cancellationToken);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _one.Dispose();
    }

    internal void Add(AdviceStep step)
    {
        if (options.Value.KeepHistory && !_steps.Writer.TryWrite(step))
            _ = Interlocked.Increment(ref _dropped);
    }

    /// <summary>
    /// Writes everything that waits, for a request that is about to read it. Such a request waits for the database only once: it does not
    /// wait for a round that is already running, because with the database unavailable the following read would wait as long again.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">Nothing could be written now.</exception>
    public async Task FlushForReaderAsync(CancellationToken cancellationToken)
    {
        if (!await _one.WaitAsync(RoundTime, cancellationToken))
            return;
        if (await RoundAsync(cancellationToken) is { } exception)
            throw exception;
    }

    /// <summary>Writes everything that waits. Entries that cannot be written stay queued.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        _ = await RoundAsync(cancellationToken);
    }

    private async Task<LedgerUnavailableException?> RoundAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Each removed upload adds a last line.
            networks.Forget();
            foreach (var step in networks.LastSteps())
                Add(step);
            if (!options.Value.KeepHistory)
                return null;
            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                AdvisorLog.Dropped(log, dropped);
            while (true)
            {
                while (_batch.Count < Batch && _steps.Reader.TryRead(out var step))
                    _batch.Add(step);
                if (_batch.Count == 0)
                    break;
                await ledger.AddStepsAsync(_batch, cancellationToken);
                _batch.Clear();
            }

            _unsaved = [.. _unsaved.Concat(networks.Changed()).GroupBy(network => network.Key).Select(group => group.Last())];
            foreach (var batch in _unsaved.Chunk(Batch).ToList())
                await ledger.SaveNetworksAsync(batch, cancellationToken);
            _unsaved = [];
            return null;
        }
        catch (LedgerUnavailableException exception)
        {
            AdvisorLog.NotSaved(log, exception);
            return exception;
        }
        finally
        {
            _ = _one.Release();
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // In real time, because the interval concerns only this process and the database.
        using var timer = new PeriodicTimer(Pace, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await FlushAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A failed round, for whatever reason, must not end the loop.
                AdvisorLog.NotSaved(log, exception);
            }
        }
    }
}
