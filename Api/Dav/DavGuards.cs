using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Dav;

namespace ChunkUpload.Api.Dav;

/// <summary>Reads the If header of a request that changes something, and keeps the locks that it names until the request ends.</summary>
internal sealed class DavGuards(DavSpaces spaces, IDavLocks locks)
{
    public async Task<(ChangeGuard? Guard, Refusal? Refusal)> ReadAsync(HttpContext context, DavAddress address)
    {
        var caller = context.Caller();
        if (context.Request.Headers["If"] is not { Count: > 0 } header)
            return (new ChangeGuard(caller.Subject, [], []), null);
        if (IfHeader.Parse(header.ToString()) is not { } lists)
        {
            return (null, Refusal.Of(
                RequestError.InvalidHeader,
                $"If must have 1 to {IfHeader.MaxLists} lists of lock tokens and ETags, as RFC 4918 has them."));
        }

        var found = new List<GuardList>(lists.Count);
        foreach (var list in lists)
        {
            var resource = list.Resource is { } named ? await ResolveAsync(context, named) : address;
            var conditions = list.Conditions.Select(one => new GuardCondition(one.Not, one.Token, one.Tag)).ToList();
            // A resource of another service has no lock and no content, so none of its conditions is met.
            found.Add(new GuardList(resource?.Space ?? default, resource?.Path ?? [], conditions));
        }

        var tokens = lists.SelectMany(list => list.Conditions).Select(one => one.Token).OfType<string>().Distinct().ToList();
        var guard = new ChangeGuard(caller.Subject, tokens, found);
        if (tokens.Any(token => LockToken.Parse(token) is not null))
            await KeepAsync(context, guard);
        return (guard, null);
    }

    private async Task KeepAsync(HttpContext context, ChangeGuard guard)
    {
        var request = Guid.NewGuid();
        context.Response.RegisterForDisposeAsync(new KeptLocks(locks, request));
        await locks.UseAsync(request, guard, context.RequestAborted);
    }

    private async Task<DavAddress?> ResolveAsync(HttpContext context, string named)
    {
        if (DavDestination.PathOf(context, named) is not { } path)
            return null;
        var (resource, _) = await DavAddress.ReadAsync(context, spaces, path, change: false);
        return resource is { Name: not null } ? resource : null;
    }

    private sealed class KeptLocks(IDavLocks locks, Guid request) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await locks.ReleaseAsync(request, CancellationToken.None);
            }
            catch (LedgerUnavailableException)
            {
                // Locks that an ended process used are not kept.
            }
        }
    }
}
