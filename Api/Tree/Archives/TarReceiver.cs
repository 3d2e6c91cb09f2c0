using System.Buffers;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Intake.Unpacking;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Tree;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>
/// Receives a tar archive: 1. the folder; 2. the first member, before which an error response is possible; 3. member by member; 4. the
/// totals. Several endpoints use it, because their addresses may also be names of folders.
/// </summary>
internal sealed class TarReceiver(
    FileTree tree, Unpacker unpacker, IBandwidthLimiter limiter, DayBook days, IOptions<UploadOptions> options, StoppingSignal stopping,
    TimeProvider time)
{
    public async Task<IResult> ReceiveAsync(HttpContext context)
    {
        // 1. The folder.
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, change: true);
        if (address is null)
            return refusal!;
        if (FormUpload.Refuse(context.Request) is { } form)
            return form;
        var query = new QueryReader(context.Request.Query, UnpackTar.Parameter, "conflict", "parents");
        if (query.Text(UnpackTar.Parameter) != "tar")
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

        // 2. The first member, before which an error response is possible.
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
        // 3. Member by member.
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

        // 4. The totals.
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
}
