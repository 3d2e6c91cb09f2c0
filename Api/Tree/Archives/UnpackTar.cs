using System.Buffers;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake.Unpacking;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>
/// POST /api/tree/{folder}?unpack=tar: 1. the folder; 2. the first member, before which an error answer is possible; 3. member by member;
/// 4. the sums.
/// </summary>
internal sealed class UnpackTar(
    FileTree tree, Unpacker unpacker, IBandwidthLimiter limiter, DayBook days, IOptions<UploadOptions> options, StoppingSignal stopping,
    TimeProvider time)
{
    private const string Parameter = "unpack";

    public static void Map(IEndpointRouteBuilder routes) => TreeRoutes.Map(
        TreeRoutes.Entry, at => routes.MapPost(at, (HttpContext context, UnpackTar unpack) => unpack.HandleAsync(context)),
        AccessPolicy.Upload, Doc);

    /// <summary>Whether a request to a reserved address, such as /api/tree/check, means the folder of that name.</summary>
    public static bool IsAskedFor(HttpContext context) => context.Request.Query.ContainsKey(Parameter);

    public async Task<IResult> HandleAsync(HttpContext context)
    {
        // 1.
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, change: true);
        if (address is null)
            return refusal!;
        if (FormUpload.Refuse(context.Request) is { } form)
            return form;
        var query = new QueryReader(context.Request.Query, Parameter, "conflict", "parents");
        if (query.Text(Parameter) != "tar")
            query.Refuse("unpack must be tar: send a tar archive, not compressed.");
        var conflict = TreeQuery.Conflict(query) ?? NameConflict.Replace;
        var parents = TreeQuery.Flag(query, "parents");
        if (query.Refusal is not null)
            return query.Refusal;
        if (DigestHeaders.RefuseCoding(context.Request) is { } refused)
            return refused;
        var folder = await FolderAsync(context, address, parents);
        if (!folder.Ok)
            return Refusal.Of(folder.Failure);

        // 2.
        using var day = days.Begin(context.Caller(), FlowDirection.Receive, 1, out var excess);
        if (excess is not null)
            return Refusal.Of(excess.ToFailure(null));
        using var stream = new TarStream(
            context.Request.BodyReader, limiter, day, context.Caller(), options.Value.BodyIdleTimeout, time, stopping.Token);
        TarMember? first;
        try
        {
            first = await stream.NextAsync(() => Task.CompletedTask);
        }
        catch (TarFaultException fault)
        {
            return Refusal.Of(RequestError.MalformedTar, $"{fault.Message} Send a tar archive that is not compressed.");
        }

        await ReceiveAsync(context, folder.Value, conflict, stream, first);
        return TypedResults.Empty;
    }

    private async Task<Result<PlacedEntry>> FolderAsync(HttpContext context, TreeAddress address, bool parents)
    {
        var found = await tree.FindAsync(address.Space, address.Path, context.RequestAborted);
        if (found.Ok)
            return found.Value.Entry.Kind == EntryKind.Folder ? found : TreeRefusals.NotFolder(address.Path);
        if (!parents)
            return found;
        var place = await tree.PlaceAsync(address.Space, address.Path, parents, context.RequestAborted);
        if (!place.Ok)
            return place.Failure;
        var made = await tree.MakeFolderAsync(
            context.Caller(), place.Value.Place, NameConflict.Replace, null, null, context.RequestAborted);
        return made.Ok ? new PlacedEntry(address.Path, made.Value) : made.Failure;
    }

    private async Task ReceiveAsync(HttpContext context, PlacedEntry folder, NameConflict conflict, TarStream stream, TarMember? first)
    {
        // 3.
        var answer = new UnpackAnswer(context.Response);
        using var unpacking = unpacker.Begin(context.Caller(), folder, conflict, answer.Add);
        (string Code, string Detail)? failure = null;
        try
        {
            for (var member = first; member is not null; member = await stream.NextAsync(unpacking.SendAsync))
            {
                await TakeAsync(context, folder, stream, member, unpacking, answer);
                if (unpacking.Failure is { } ended)
                {
                    failure = (ErrorTable.Of(ended.Error).Code, ended.Detail);
                    break;
                }
            }
        }
        catch (TarFaultException fault)
        {
            failure = (fault.Code, fault.Message);
        }
        catch (BodyFaultException fault)
        {
            var error = fault.Fault == BodyFault.Malformed ? UploadError.MalformedBody : UploadError.IdleTimeout;
            failure = (ErrorTable.Of(error).Code, "The body's framing is broken, or it came too slowly. Send the archive again.");
        }
        finally
        {
            // Publish the received members even if the client has disconnected.
            await unpacking.DrainAsync();
        }

        // 4.
        if (failure is not null)
            RefusedBody.Prepare(context);
        await answer.EndAsync(failure, context.RequestAborted);
    }

    private static async Task TakeAsync(
        HttpContext context, PlacedEntry folder, TarStream stream, TarMember member, FolderUnpacking unpacking, UnpackAnswer answer)
    {
        var described = member.Read(folder.Path, out var refusal);
        if (refusal is { } why)
            answer.Refuse(TarHeader.Show(member.Name), why.Code, why.Detail);
        if (described is null)
            return;
        if (described is not { Kind: EntryKind.File, SameAs: null } || member.Size == 0)
        {
            await unpacking.AddAsync(described, null, 0);
        }
        else if (member.Size <= UploadIntake.SmallFile)
        {
            var buffer = ArrayPool<byte>.Shared.Rent((int)member.Size);
            try
            {
                await stream.ReadDataAsync(buffer.AsMemory(0, (int)member.Size));
            }
            catch (TarFaultException fault)
            {
                answer.Refuse(
                    TarHeader.Show(member.Name), fault.Code, $"Not all of its {member.Size} bytes arrived; send the archive again.");
                throw;
            }

            await unpacking.AddAsync(described, buffer, (int)member.Size);
        }
        else
        {
            await unpacking.ReceiveAsync(described, new UploadBody(stream.Data, member.Size), context.RequestAborted);
        }
    }

    private static EndpointDoc Doc => new(
        "Tree", nameof(UnpackTar), "Unpack a tar archive into a folder",
        """
        Takes a tar stream (ustar, pax, GNU) and publishes each member as it arrives, with its time and mode. The answer has a line for each
        member, in the order in which they are done, and a last line with the sums; `complete` there says whether the archive was read to
        its end. Read the lines while you send, or afterwards: beyond 1 MiB of unread lines only failures are kept, and the sums. After a
        break, send the same archive again: members whose content is there already are left as they are.

        Records of a pax header declare what a request for the file alone would in headers: `CHUNKUPLOAD.type` its media type (else
        application/octet-stream), `CHUNKUPLOAD.sha256` its SHA-256 in hexadecimal digits, which must be that of the bytes.

            tar -C pictures -cf - . | curl -T - -X POST -H "Authorization: Bearer $KEY" \
              "http://127.0.0.1:8080/api/tree/pictures?unpack=tar&parents=true"
        """)
    {
        Query =
        [
            new(Parameter, "tar", "tar", Required: true),
            new(
                "conflict",
                "If a file's name is taken: replace (default), rename or fail. Content that is there already is skipped, except with fail.",
                "replace"),
            new("parents", "true: the folder is made if it is missing.", "true"),
        ],
        CreatesUpload = true,
        Bytes = "A tar archive, not compressed.",
        BytesType = "application/x-tar",
        Answers =
        [
            new(200, "A line of JSON for each member, and a last one with the sums.", typeof(MemberLine), Examples.MemberLine)
            {
                MediaType = UnpackAnswer.MediaType,
            },
        ],
        Errors =
        [
            .. ErrorsOf.Places, UploadError.NoEntry, UploadError.QuotaExceeded, RequestError.InvalidPath,
            RequestError.MediaTypeNotSupported, RequestError.MalformedTar,
        ],
    };
}
