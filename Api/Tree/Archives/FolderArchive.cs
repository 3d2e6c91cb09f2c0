using System.Buffers;
using System.IO.Hashing;
using System.Text;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>
/// Sends a folder as a ZIP archive that is created while it is sent: 1. the request; 2. known damage; 3. the headers and the first entry;
/// 4. entry by entry; 5. the directory at the end. Before step 3 a failure is an error response. Afterwards the connection is aborted, so
/// that no client treats a partial archive as complete.
/// </summary>
/// <remarks>
/// Written by hand because .NET's ZipArchive, in the mode for streams, has no extended timestamps and cannot announce a large file before
/// its data.
/// </remarks>
internal sealed class FolderArchive(
    FolderContents contents, ContentReader reader, IScratchFiles scratch, ApiMeter meter, ILogger<FolderArchive> log)
{
    public const string MediaType = "application/zip";

    private const string RootName = "files";
    private const int Unsent = 64 << 10;

    /// <summary>Returns whether the client requests an archive instead of a listing.</summary>
    public static bool IsAskedFor(HttpRequest request)
    {
        if (request.Query["format"] is { Count: > 0 } format)
            return format == "zip";
        double zip = 0, json = 0;
        foreach (var accepted in request.GetTypedHeaders().Accept)
        {
            var quality = accepted.Quality ?? 1;
            if (accepted.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase))
                zip = quality;
            else if (accepted.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
                json = quality;
        }

        return zip > 0 && zip >= json;
    }

    public async Task<IResult> AnswerAsync(HttpContext context, PlacedEntry folder)
    {
        // 1. The request.
        var query = new QueryReader(context.Request.Query, "format", "name");
        if (query.Refusal is not null)
            return query.Refusal;
        var names = context.Request.Query["name"].Select(name => name ?? "").Distinct().ToList();
        if (names.Select(TreePath.NameFault).FirstOrDefault(fault => fault is not null) is { } refused)
            return Refusal.Of(RequestError.InvalidParameter, $"name must be the name of an entry in this folder. {refused}");
        IReadOnlyList<Entry>? chosen = null;
        if (names.Count > 0)
        {
            var found = await contents.ChooseAsync(folder, names, context.RequestAborted);
            if (!found.Ok)
                return Refusal.Of(found.Failure);
            chosen = found.Value;
        }

        // 2. Known damage.
        var below = chosen?.Select(entry => entry.Id).ToList() ?? [folder.Entry.Id];
        return await contents.FindDamagedAsync(below, context.RequestAborted) is { } damaged
            ? Refusal.Of(FolderContents.Damaged(damaged.Path))
            : new Answer(this, folder.Entry, chosen);
    }

    private async Task SendAsync(HttpContext context, Entry folder, IReadOnlyList<Entry>? chosen)
    {
        var response = context.Response;
        var aborted = context.RequestAborted;
        await using var members = contents.ReadAsync(context.Reader(), folder.Id, chosen, aborted).GetAsyncEnumerator(aborted);

        // 3. The headers and the first entry.
        var more = await members.MoveNextAsync();
        if (more && !members.Current.Ok)
        {
            await Refusal.Of(members.Current.Failure).ExecuteAsync(context);
            return;
        }

        response.ContentType = MediaType;
        // If one entry is selected, the archive has its name; otherwise that of the folder.
        var named = chosen is [var only] ? only : folder;
        response.Headers.ContentDisposition = ContentDisposition.Attachment((named.IsRoot ? RootName : named.Name) + ".zip");
        response.Headers.CacheControl = "private, no-store";
        response.Headers.Vary = "Accept";
        if (HttpMethods.IsHead(context.Request.Method))
            return;

        // 4. Entry by entry.
        using var directory = new CentralDirectory(scratch);
        using var blocks = new StoredBlocks(response.BodyWriter);
        long offset = 0;
        try
        {
            for (; more; more = await members.MoveNextAsync())
            {
                var member = members.Current;
                var record = member.Ok ? new ZipRecord(member.Value.Entry, PathOf(member.Value), offset) : null;
                var failure = record is null ? member.Failure : await WriteAsync(context, member.Value!, record, blocks);
                if (failure is not null)
                {
                    Abort(context, folder, failure);
                    return;
                }

                // Flush also for folders, links and empty files, which have no data.
                if (response.BodyWriter.UnflushedBytes >= Unsent)
                    _ = await response.BodyWriter.FlushAsync(aborted);
                offset += record!.Length;
                await directory.AddAsync(record, aborted);
            }

            // 5. The directory at the end.
            await directory.SendAsync(response.BodyWriter, offset, aborted);
        }
        catch (StoreException exception)
        {
            Abort(context, folder, StoreRefusals.Of(exception.Error, null));
        }
        catch (LedgerUnavailableException exception)
        {
            Abort(context, folder, new UploadFailure(UploadError.LedgerUnavailable, exception.Message));
        }
    }

    private async Task<UploadFailure?> WriteAsync(HttpContext context, FolderMember member, ZipRecord record, StoredBlocks blocks)
    {
        if (record.IsTooLong)
            return new UploadFailure(UploadError.TooLarge, $"The path of entry {member.Entry.Id} is too long for a ZIP archive.");
        var output = context.Response.BodyWriter;
        var entry = member.Entry;
        if (entry.LinkTarget is { } target)
        {
            var bytes = Encoding.UTF8.GetBytes(target);
            record.Describe(Crc32.HashToUInt32(bytes), bytes.Length, bytes.Length);
            record.WriteLocalHeader(output);
            output.Write(bytes);
            return null;
        }

        record.WriteLocalHeader(output);
        if (!record.HasDescriptor)
            return null;
        var size = entry.Size!.Value;
        blocks.Begin(size);
        if (await reader.CopyAsync(
                context.Caller(), member.Upload!, new ByteRange(0, size), blocks, null, context.RequestAborted) is { } failure)
            return failure;
        record.Describe(blocks.Crc, size, blocks.Written);
        record.WriteDescriptor(output);
        meter.Sent(size);
        return null;
    }

    private void Abort(HttpContext context, Entry folder, UploadFailure failure)
    {
        if (failure.Error != UploadError.Interrupted)
            TreeLog.ArchiveCut(log, folder.Id, failure.Error.ToString(), failure.Detail);
        context.Abort();
    }

    private static string PathOf(FolderMember member) =>
        string.Join('/', member.Path.Select(ArchiveNames.Of)) + (member.Entry.Kind == EntryKind.Folder ? "/" : "");

    private sealed class Answer(FolderArchive archive, Entry folder, IReadOnlyList<Entry>? chosen) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => archive.SendAsync(httpContext, folder, chosen);
    }
}
