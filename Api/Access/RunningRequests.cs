using System.Collections.Concurrent;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Access;

/// <summary>A request's feature: reads the holder of its credential again; null once the credential is revoked.</summary>
internal sealed record CallerAgain(Func<CancellationToken, Task<Caller?>> AskAsync);

/// <summary>
/// The running requests of users and keys. When the rights have changed, requests whose caller may not go on are cut: an upload keeps the
/// bytes that came.
/// </summary>
internal sealed class RunningRequests
{
    private readonly ConcurrentDictionary<HttpContext, (Caller Caller, CallerAgain Again)> _running = new();

    public RunningRequests(AccessWatch watch) => watch.Changed += CheckAsync;

    public void Add(HttpContext context, Caller caller, CallerAgain again) => _running[context] = (caller, again);

    public void Remove(HttpContext context) => _running.TryRemove(context, out _);

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var same in _running.ToArray().GroupBy(running => running.Value.Caller.Credential))
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
