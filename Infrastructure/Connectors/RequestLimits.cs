namespace ChunkUpload.Infrastructure.Connectors;

/// <summary>How much goes out to one provider: of each connection, and of this service's application.</summary>
/// <param name="account">Of a connection in a window; 0: no limit.</param>
/// <param name="application">Of all connections together; 0: no limit.</param>
internal sealed class RequestLimits(long account, long application, TimeSpan window, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, RequestBudget> _accounts = [];
    private readonly RequestBudget? _application = application > 0 ? new RequestBudget(application, window) : null;

    /// <summary>The time to wait before a request. It counts from then on, unless that is longer than the longest wait.</summary>
    public TimeSpan Take(Guid connection, int cost, TimeSpan longest)
    {
        if (account <= 0 && _application is null)
            return TimeSpan.Zero;
        lock (_gate)
        {
            RequestBudget? own = null;
            if (account > 0 && !_accounts.TryGetValue(connection, out own))
                _accounts[connection] = own = new RequestBudget(account, window);
            var now = time.GetUtcNow();
            var wait = own?.WaitFor(cost, now) ?? TimeSpan.Zero;
            if (_application?.WaitFor(cost, now) is { } shared && shared > wait)
                wait = shared;
            if (wait <= longest)
            {
                own?.Take(cost, now + wait);
                _application?.Take(cost, now + wait);
            }

            return wait;
        }
    }
}
