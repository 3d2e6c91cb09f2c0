using System.Collections.Concurrent;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access;

/// <summary>A request's feature: finds the holder of its credential again; null once the credential has ended.</summary>
/// <param name="secret">The key, token or certificate of the request. Requests with the same secret share one query.</param>
internal sealed class CredentialRecheck(string secret, Func<CancellationToken, Task<Caller?>> ask)
{
    public string Secret => secret;

    public Task<Caller?> AskAsync(CancellationToken cancellationToken) => ask(cancellationToken);
}

/// <summary>
/// The running requests of users, keys, tokens and links. Every second their credentials are looked up again, mostly in memory. Requests
/// whose credential has ended, or whose caller has lost a right, are aborted: an upload keeps the bytes that came. A request that was
/// authenticated before a change and listed after it is aborted a second later.
/// </summary>
internal sealed class RunningRequests
{
    private readonly ConcurrentDictionary<HttpContext, (Caller Caller, CredentialRecheck Again)> _running = new();

    public RunningRequests(AccessWatch watch) => watch.Checked += CheckAsync;

    public void Add(HttpContext context, Caller caller, CredentialRecheck again) => _running[context] = (caller, again);

    public void Remove(HttpContext context) => _running.TryRemove(context, out _);

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        // Several secrets may stand for one credential: each of them ends by itself, as a rotated key's former one does.
        foreach (var same in _running.ToArray().GroupBy(running => (running.Value.Caller.Credential, running.Value.Again.Secret)))
        {
            var now = await same.First().Value.Again.AskAsync(cancellationToken);
            foreach (var (context, (caller, _)) in same)
            {
                if (!MayGoOn(caller, now) && _running.TryRemove(context, out _))
                    context.Abort();
            }
        }
    }

    private static bool MayGoOn(Caller was, Caller? now) =>
        now is not null && now.Tenant == was.Tenant && now.Scopes.HasFlag(was.Scopes) && (now.SeesAll || !was.SeesAll);
}
