using System.Text;
using System.Xml;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// LOCK: locks a place, or refreshes a lock. 1. the address; 2. the request; 3. the place; 4. the lock; 5. an empty file if the name is
/// free.
/// </summary>
internal static class LockResource
{
    /// <summary>The number of locks of a subject.</summary>
    private const int MaxLocks = 1000;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, ["LOCK"], HandleAsync).RequireAuthorization(AccessPolicy.Upload).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, DavGuards guards, IDavLocks locks, FileReceiver receiver)
    {
        // 1. The address.
        var (address, unknown) = await DavAddress.ReadAsync(context, spaces, change: true);
        if (address is null)
            return unknown!;
        if (address.Name is null)
            return DavRefusals.Root();

        // 2. The request.
        var (request, wrong) = await LockRequest.ReadAsync(context);
        if (request is null)
            return wrong!;
        var (guard, refused) = await guards.ReadAsync(context, address);
        if (guard is null)
            return refused!;

        // 3. The place.
        var (headers, fault) = EntryHeaders.Read(context.Request.Headers, allConditions: true);
        if (headers is null)
            return fault!;
        var (place, existing, failure) = await DavPlace.FindAsync(tree, address, context.RequestAborted);
        if (failure is not null)
            return DavRefusals.Of(context, failure);
        if (headers.Refuse(existing) is { } unmet)
            return unmet;
        var isNew = existing is null;
        if (isNew && address.Slash)
        {
            return DavRefusals.Of(context, new UploadFailure(
                UploadError.NotFile, "A lock of a free name makes a file, whose address has no slash at its end; make the folder first."));
        }

        if (request.Refreshes)
        {
            var refreshed = await locks.RefreshAsync(
                address.Space, place.Parent, place.Name, request.Seconds, guard, context.RequestAborted);
            return refreshed.Ok
                ? await AnswerAsync(context, address, refreshed.Value, StatusCodes.Status200OK)
                : DavRefusals.Of(context, refreshed.Failure);
        }

        // 4. The lock.
        var caller = context.Caller();
        var wanted = new DavLock(
            Guid.NewGuid(), caller.Tenant, caller.Subject, address.Space, place.Parent, place.Name, request.Exclusive,
            request.Deep, request.Owner, request.Seconds)
        { Path = address.Path, IsFolder = existing is { Kind: EntryKind.Folder } };
        if (await locks.LockAsync(wanted, MaxLocks, guard, headers.RevisionOf(existing), context.RequestAborted) is { } conflict)
        {
            return conflict.Error == UploadError.LockConflict
                ? await DavError.ConflictAsync(context, address, place, locks)
                : DavRefusals.Of(context, conflict);
        }

        // 5. An empty file if the name is free.
        if (isNew)
        {
            var made = false;
            try
            {
                if (await MakeEmptyAsync(context, address, place, guard, wanted, receiver) is { } unmade)
                    return DavRefusals.Of(context, unmade);
                made = true;
            }
            finally
            {
                // The client would never learn the token.
                if (!made)
                    await locks.UnlockAsync(address.Space, place.Parent, place.Name, wanted.Token, caller.Subject, CancellationToken.None);
            }
        }

        context.Response.Headers["Lock-Token"] = $"<{LockToken.Of(wanted.Token)}>";
        return await AnswerAsync(context, address, wanted, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<UploadFailure?> MakeEmptyAsync(
        HttpContext context, DavAddress address, DavPlace place, ChangeGuard guard, DavLock made, FileReceiver receiver)
    {
        var owned = new ChangeGuard(guard.Subject, [.. guard.Tokens, LockToken.Of(made.Token)], []);
        var target = new FileTarget(
            new Place(address.Space, place.Parent!.Value, [place.Name]) { Guard = owned }, NameConflict.Fail);
        var wanted = new WantedUpload(context.Caller(), UploadProtocol.Put, place.Name, MediaTypeRule.Default)
        { Size = 0, Target = target };
        var received = await receiver.ReceiveAsync(wanted, new UploadBody(System.IO.Pipelines.PipeReader.Create(Stream.Null), 0),
            context.RequestAborted);
        if (!received.Ok)
            return received.Failure;
        // Another client has created the file in the meantime, and it is locked anyway.
        return received.Value.UnfiledReason is { } reason && TreeRefusals.Of(reason) is { Error: not UploadError.NameTaken } failure
            ? failure
            : null;
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, DavAddress address, DavLock held, int status)
    {
        var bytes = new MemoryStream();
        using (var xml = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            xml.WriteStartElement("D", "prop", DavXml.Dav.NamespaceName);
            xml.WriteStartElement("D", "lockdiscovery", DavXml.Dav.NamespaceName);
            LockXml.Write(xml, held, address.HrefOf(context, held.Path ?? address.Path, held.IsFolder));
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = DavXml.MediaType;
        await context.Response.Body.WriteAsync(bytes.ToArray(), context.RequestAborted);
        return TypedResults.Empty;
    }
}
