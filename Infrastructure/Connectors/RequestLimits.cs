using ChunkUpload.Core.Limits;

namespace ChunkUpload.Infrastructure.Connectors;

/// <summary>
/// How much goes out to one provider: of each connection, and of this service's application. Nodes that send to it share the limits.
/// </summary>
internal sealed class RequestLimits
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, RequestBudget> _accounts = [];
    private readonly RequestBudget? _application;
    private readonly string _provider;
    private readonly long _account;
    private readonly TimeSpan _window;
    private readonly SharedUsage _usage;
    private readonly TimeProvider _time;

    /// <param name="provider">Its name, the same on all nodes.</param>
    /// <param name="account">Of a connection in a window; 0: no limit.</param>
    /// <param name="application">Of all connections together; 0: no limit.</param>
    public RequestLimits(string provider, long account, long application, TimeSpan window, SharedUsage usage, TimeProvider time)
    {
        (_provider, _account, _window, _usage, _time) = (provider, account, window, usage, time);
        if (application > 0)
            _application = Budget("application", application);
        usage.Add(Used);
    }

    /// <summary>
    /// Returns the time to wait before a request, and counts the request unless that is longer than <paramref name="longest"/>.
    /// </summary>
    public TimeSpan Take(Guid connection, int cost, TimeSpan longest)
    {
        if (_account <= 0 && _application is null)
            return TimeSpan.Zero;
        lock (_gate)
        {
            RequestBudget? own = null;
            if (_account > 0 && !_accounts.TryGetValue(connection, out own))
                _accounts[connection] = own = Budget(connection.ToString("n"), _account);
            var now = _time.GetUtcNow();
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

    private RequestBudget Budget(string id, long limit)
    {
        var key = SharedUsage.KeyOf($"{_provider} requests", "", id);
        return new RequestBudget(key, () => _usage.PartOf(key, limit), _window);
    }

    private List<KeyValuePair<string, long>> Used()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            IEnumerable<RequestBudget> all = _application is null ? _accounts.Values : _accounts.Values.Append(_application);
            return [.. all.Where(budget => budget.Used(now) > 0)
                .Select(budget => KeyValuePair.Create(budget.Key, SharedUsage.Told(budget.Used(now), budget.Limit)))];
        }
    }
}
