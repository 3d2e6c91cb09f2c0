using System.Threading.Channels;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Writes down what the advisor said and learned, every few seconds and once more when the service stops; beside the requests, none of
/// which waits for it. When the database is away, steps wait in a queue of bounded length and the rest is dropped. A batch whose answer is
/// lost is written again: a line may then stand there twice.
/// </summary>
public sealed class AdviceRecorder(
    LinkBook links, IAdviceLedger ledger, IOptions<AdvisorOptions> options, ILogger<AdviceRecorder> log) : IStartStep, IDisposable
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
            var networks = await ledger.RecentNetworksAsync(options.Value.NetworkMemory, MostNetworks, cancellationToken);
            foreach (var network in networks)
                links.Remember(network);
            AdvisorLog.Remembered(log, networks.Count);
        }

        _running = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        links.CloseAll();
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
    /// Everything that waits, for a request that is about to read it. A request waits for the database once: a round that runs already is
    /// not waited for, and when the database is away the read that follows would only wait as long again.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">Nothing could be written now.</exception>
    public async Task FlushForReaderAsync(CancellationToken cancellationToken)
    {
        if (!await _one.WaitAsync(RoundTime, cancellationToken))
            return;
        if (await RoundAsync(cancellationToken) is { } exception)
            throw exception;
    }

    /// <summary>Everything that waits. What cannot be written now waits on.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        _ = await RoundAsync(cancellationToken);
    }

    private async Task<LedgerUnavailableException?> RoundAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Those that are let go of have a last line each.
            links.Forget();
            foreach (var step in links.LastSteps())
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

            _unsaved = [.. _unsaved.Concat(links.Changed()).GroupBy(network => network.Key).Select(group => group.Last())];
            foreach (var networks in _unsaved.Chunk(Batch).ToList())
                await ledger.SaveNetworksAsync(networks, cancellationToken);
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
        // In real time: how often it writes is between this process and the database.
        using var timer = new PeriodicTimer(Pace, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await FlushAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // One round that fails, for whatever reason, is not the last one.
                AdvisorLog.NotSaved(log, exception);
            }
        }
    }
}
