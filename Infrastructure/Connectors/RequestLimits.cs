namespace ChunkUpload.Infrastructure.Connectors;

/// <summary>Limits the requests to one provider, per connection and for this service's application.</summary>
/// <param name="account">The limit of a connection in a window; 0 for no limit.</param>
/// <param name="application">The limit of all connections together; 0 for no limit.</param>
internal sealed class RequestLimits(long account, long application, TimeSpan window, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, RequestBudget> _accounts = [];
    private readonly RequestBudget? _application = application > 0 ? new RequestBudget(application, window) : null;

    /// <summary>
    /// Returns the time to wait before a request, and counts the request unless that is longer than <paramref name="longest"/>.
    /// </summary>
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
