using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Database;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// Limits how many connections the requests of one tenant use at once, to half of the pool, so that one tenant cannot use up the
/// connections of the others. Further requests wait in the queue of their tenant without a connection. A statement of a request also has a
/// time limit. Background work and the record queue have neither.
/// </summary>
internal sealed class TenantShares(DatabaseOptions options, TimeProvider time)
{
    /// <summary>How long a request waits for its tenant's share.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _shares = new(StringComparer.Ordinal);

    /// <summary>Gets the number of connections that the requests of one tenant may use at once.</summary>
    public int Share { get; } = Math.Max(options.MaxPoolSize / 2, 1);

    /// <summary>Waits for the share of the current request's tenant. Disposing the result gives it back.</summary>
    public async ValueTask<IDisposable?> TakeAsync(CancellationToken cancellationToken)
    {
        if (RunningRequest.Current is not { } request)
            return null;
        var share = _shares.GetOrAdd(request.Tenant, static (_, most) => new SemaphoreSlim(most), Share);
        if (!share.Wait(0, CancellationToken.None))
            await WaitAsync(share, cancellationToken);
        return new Taken(share);
    }

    private async Task WaitAsync(SemaphoreSlim share, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            await share.WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LedgerBusyException("Too many requests of your tenant use the database at once; send fewer at a time.", Pause);
        }
    }

    /// <summary>Runs a statement of the current request, and cancels it if it takes too long.</summary>
    public async Task<T> LimitAsync<T>(Func<CancellationToken, Task<T>> statement, CancellationToken cancellationToken)
    {
        if (RunningRequest.Current is null)
            return await statement(cancellationToken);
        using var end = new CancellationTokenSource(options.RequestTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            return await statement(both.Token);
        }
        catch (Exception reason) when (end.IsCancellationRequested && !cancellationToken.IsCancellationRequested
            && (reason is OperationCanceledException || LedgerErrors.IsTransient(reason)))
        {
            throw new LedgerBusyException(
                $"The database needed more than {options.RequestTimeout.TotalSeconds:0.#} s for this request and stopped it. Ask for less "
                    + "at once, or try again later.",
                Pause);
        }
    }

    private sealed class Taken(SemaphoreSlim share) : IDisposable
    {
        public void Dispose() => share.Release();
    }
}
