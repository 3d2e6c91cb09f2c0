using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// PROPFIND: describes a resource, and with depth 1 the contents of a folder. 1. the depth; 2. the body; 3. the resource with the first
/// page of its contents, so that a failure there has a status; 4. the response, page by page.
/// </summary>
internal static class PropFind
{
    private const int PageSize = 500;

    /// <summary>The number of entries of a page with client properties, which may have 64 KiB per entry.</summary>
    private const int SmallPageSize = 100;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, ["PROPFIND"], HandleAsync).RequireAuthorization(AccessPolicy.Look).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, IDavLedger ledger, IDavLocks locks, IDavProperties properties,
        DavQuotas quotas)
    {
        // 1. The depth.
        if (DavHeaders.ReadDepth(context.Request, DavDepth.Infinity, out var depth) is { } wrong)
            return wrong;
        if (depth == DavDepth.Infinity)
            return DavError.FiniteDepth();
        if (depth == DavDepth.One && !context.Caller().Scopes.HasFlag(Scopes.List))
            return Refusal.Of(RequestError.NotPermitted, "Your key may not list folders; ask with Depth: 0.");

        // 2. The body.
        var (request, refusal) = await PropertyRequest.ReadAsync(context);
        if (request is null)
            return refusal!;

        // 3. The resource with the first page of its contents, so that a failure there has a status.
        var (address, unknown) = await DavAddress.ReadAsync(context, spaces, change: false);
        if (address is null)
            return unknown!;
        if (address.Name is null)
            return await ListSpacesAsync(context, request, depth, spaces, ledger);
        var found = await address.FindAsync(tree, context.RequestAborted);
        if (!found.Ok)
            return DavRefusals.Of(context, found.Failure);
        var entry = found.Value.Entry;
        if (await ledger.MemberAsync(entry.Id, context.RequestAborted) is not { } member)
            return DavRefusals.Of(context, TreeRefusals.NoEntry());
        var folder = entry.Kind == EntryKind.Folder;
        var quota = folder && (request.Asks(LiveProperty.Used) || request.Asks(LiveProperty.Available))
            ? await quotas.OfAsync(context.Caller(), address.Space, context.RequestAborted)
            : null;
        var size = request.AsksForDead ? SmallPageSize : PageSize;
        IReadOnlyList<DavMember> page = folder && depth == DavDepth.One
            ? await ledger.MembersAsync(entry.Id, null, size, context.RequestAborted)
            : [];

        var place = DavPlace.Of(entry);
        var over = request.AsksForLocks
            ? await locks.OverAsync(address.Space, place.Parent, place.Name, context.RequestAborted)
            : [];
        var inside = request.AsksForLocks && page.Count > 0
            ? (await locks.InAsync(address.Space, entry.Id, context.RequestAborted)).ToLookup(held => held.Name, StringComparer.Ordinal)
            : null;
        var set = await PropertiesAsync(request, [member, .. page], properties, context.RequestAborted);

        // 4. The response, page by page. That of a large folder takes long, so only some are sent at once.
        await JsonAnswer.RoomOf(context).SendAsync(context, page.Count < size ? 0 : ILongAnswers.Streamed, async () =>
        {
            using var answer = new MultiStatus(context);
            var name = address.IsRoot ? address.Name : entry.Name;
            var href = address.HrefOf(context, address.Path, folder);
            answer.Describe(
                new DavResource(href, name, member)
                { Quota = quota, Locks = WithHrefs(context, address, over), Properties = set?[entry.Id] ?? [] },
                request);
            var above = address.HrefOf(context, address.Path, folder: true);
            var deep = WithHrefs(context, address, over.Where(held => held.Deep));
            while (page.Count > 0)
            {
                foreach (var one in page)
                {
                    var end = one.Entry.Kind == EntryKind.Folder ? "/" : "";
                    var at = above + Uri.EscapeDataString(one.Entry.Name) + end;
                    var held = inside?[one.Entry.Name].Select(own => (own, at)).ToList();
                    answer.Describe(
                        new DavResource(at, one.Entry.Name, one)
                        {
                            Quota = end.Length > 0 ? quota : null,
                            Locks = held is { Count: > 0 } ? [.. held, .. deep] : deep,
                            Properties = set?[one.Entry.Id] ?? [],
                        },
                        request);
                    if (answer.IsFull)
                        await answer.FlushAsync();
                }

                page = page.Count < size ? [] : await ledger.MembersAsync(entry.Id, page[^1].Entry.Name, size, context.RequestAborted);
                set = await PropertiesAsync(request, page, properties, context.RequestAborted);
            }

            await answer.EndAsync();
        });
        return TypedResults.Empty;
    }

    private static List<(DavLock Lock, string Href)> WithHrefs(HttpContext context, DavAddress address, IEnumerable<DavLock> held) =>
        [.. held.Where(one => one.Path is not null).Select(one => (one, address.HrefOf(context, one.Path!, one.IsFolder)))];

    private static async Task<ILookup<EntryId, DavProperty>?> PropertiesAsync(
        PropertyRequest request, IReadOnlyList<DavMember> members, IDavProperties properties, CancellationToken cancellationToken) =>
        request.AsksForDead ? await properties.OfAsync([.. members.Select(one => one.Entry.Id)], cancellationToken) : null;

    private static async Task<IResult> ListSpacesAsync(
        HttpContext context, PropertyRequest request, DavDepth depth, DavSpaces spaces, IDavLedger ledger)
    {
        var listed = depth == DavDepth.One ? await spaces.ListAsync(context.Caller(), context.RequestAborted) : [];
        var members = new List<DavResource>(listed.Count);
        foreach (var (name, space) in listed)
        {
            if (await ledger.MemberAsync(space.Id, context.RequestAborted) is { } member)
                members.Add(new DavResource(DavAddress.HrefOf(context, name, [], folder: true), name, member));
        }

        using var answer = new MultiStatus(context);
        answer.Describe(new DavResource(DavAddress.HrefOf(context, null, [], folder: true), "ChunkUpload", null), request);
        members.ForEach(member => answer.Describe(member, request));
        await answer.EndAsync();
        return TypedResults.Empty;
    }
}
