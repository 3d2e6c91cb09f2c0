using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Access;

/// <summary>
/// Reads the version of the access rights every second. When it has risen, what is known of credentials is forgotten, and whoever listens
/// ends the requests of those who may not go on. Limits are read again.
/// </summary>
public sealed class AccessWatch(
    ICredentialLedger ledger, Credentials credentials, LimitBook limits, TimeProvider time, ILogger<AccessWatch> log)
    : IStartStep, IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;
    private long _version;

    /// <summary>Called after each change of the rights.</summary>
    public event Func<CancellationToken, Task>? Changed;

    public int Order => StartOrder.Access + 10;

    public string Name => "access rights";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _version = await ledger.VersionAsync(cancellationToken);
        credentials.Confirm();
        _watching = WatchAsync(_stop.Token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _watching;
    }

    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await LookAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var version = await ledger.VersionAsync(cancellationToken);
            if (version != _version)
            {
                credentials.Forget();
                credentials.Confirm();
                await limits.LoadAsync(cancellationToken);
                foreach (var listener in Delegate.EnumerateInvocationList(Changed))
                    await listener(cancellationToken);
                _version = version;
            }

            credentials.Confirm();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            AccessWatchLog.Unreadable(log, exception.Message);
        }
    }
}

internal static partial class AccessWatchLog
{
    [LoggerMessage(7401, LogLevel.Warning, "The version of the access rights could not be read: {Reason}")]
    public static partial void Unreadable(ILogger log, string reason);
}
