using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Limits;

/// <summary>
/// Limits the bytes of responses that are created and not sent yet, per caller, per tenant and in total, because a client that requests
/// many long pages without reading them would keep all of them in memory. Short responses are not counted.
/// </summary>
internal sealed class PagesInWork : ILongAnswers
{
    public const long MostOfAll = 64 << 20;
    public const long MostOfTenant = 32 << 20;
    public const long MostOfCaller = 16 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _callers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _tenants = new(StringComparer.Ordinal);
    private long _all;

    /// <summary>Reserves memory for a response. Disposing the result releases it.</summary>
    /// <param name="tenant">Empty for requests without a caller.</param>
    /// <returns>Null if the limit is reached. A caller can always get one response of any length within the total limit.</returns>
    public Room? TryTake(string caller, string tenant, long bytes)
    {
        if (bytes < ILongAnswers.Short)
            return new Room(null, caller, tenant, 0);
        lock (_gate)
        {
            var (own, shared) = (_callers.GetValueOrDefault(caller), _tenants.GetValueOrDefault(tenant));
            if ((own > 0 && own + bytes > MostOfCaller) || (shared > 0 && shared + bytes > MostOfTenant)
                || (_all > 0 && _all + bytes > MostOfAll))
                return null;
            _callers[caller] = own + bytes;
            _tenants[tenant] = shared + bytes;
            _all += bytes;
        }

        return new Room(this, caller, tenant, bytes);
    }

    public async Task SendAsync(HttpContext context, long bytes, Func<Task> send)
    {
        using var room = TryTake(KeyOf(context), context.HasCaller() ? context.Caller().Tenant : "", bytes);
        if (room is null)
        {
            await Refusal.Of(new RequestFailure(
                RequestError.Overloaded, "Too many long pages are being sent. Read those that you have asked for, then ask again.")
            {
                RetryAfter = Pause,
            }).ExecuteAsync(context);
            return;
        }

        await send();
    }

    // Many people may use the same link, and one of them must not use up the limit of the others.
    private static string KeyOf(HttpContext context)
    {
        var address = SignInAttempts.KeyOf(context.Connection.RemoteIpAddress);
        return !context.HasCaller() ? address
            : context.Caller() is { Grant: null } caller ? $"{caller.Tenant} {caller.Subject}"
            : $"{context.Caller().Subject} {address}";
    }

    private void Return(string caller, string tenant, long bytes)
    {
        lock (_gate)
        {
            _all -= bytes;
            Subtract(_callers, caller, bytes);
            Subtract(_tenants, tenant, bytes);
        }
    }

    private static void Subtract(Dictionary<string, long> taken, string key, long bytes)
    {
        if ((taken[key] -= bytes) == 0)
            taken.Remove(key);
    }

    /// <summary>The reserved memory of one response.</summary>
    internal sealed class Room(PagesInWork? work, string caller, string tenant, long bytes) : IDisposable
    {
        private PagesInWork? _work = work;

        public void Dispose() => Interlocked.Exchange(ref _work, null)?.Return(caller, tenant, bytes);
    }
}
