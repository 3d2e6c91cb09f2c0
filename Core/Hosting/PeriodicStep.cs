using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Work that is repeated while the service runs, one tick after the other; <see cref="TickSoon"/> starts the next tick early. A tick that
/// fails is logged and the next one follows: no caller awaits the loop, so an exception would end the work unnoticed.
/// </summary>
public abstract partial class PeriodicStep(TimeSpan every, TimeProvider time, ILogger log) : IStartStep, IDisposable
{
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public abstract int Order { get; }

    public abstract string Name { get; }

    protected TimeProvider Time => time;

    protected ILogger Log => log;

    public virtual Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public virtual async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running;
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract Task TickAsync(CancellationToken cancellationToken);

    /// <summary>Starts the next tick immediately after the running one.</summary>
    protected void TickSoon() => _due.Writer.TryWrite(true);

    protected virtual void Dispose(bool disposing) => _stop.Dispose();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var timer = time.CreateTimer(_ => TickSoon(), null, every, every);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                while (await _due.Reader.ReadAsync(cancellationToken))
                    await TickAsync(cancellationToken);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                // The service stops.
            }
            catch (LedgerUnavailableException reason)
            {
                Waits(Name, reason.Message);
            }
            catch (Exception reason)
            {
                Failed(Name, reason);
            }
        }
    }

    [LoggerMessage(7440, LogLevel.Warning, "The work '{Name}' failed now, and is tried again soon: {Reason}")]
    private partial void Waits(string name, string reason);

    [LoggerMessage(7441, LogLevel.Error, "The work '{Name}' failed, and is tried again soon.")]
    private partial void Failed(string name, Exception reason);
}
