using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Dav;

/// <summary>PUT: writes a file. 1. the address; 2. the headers; 3. the place; 4. the bytes; 5. the outcome.</summary>
internal static class PutResource
{
    /// <summary>The size that a client announces if its body has no Content-Length, such as Finder.</summary>
    private const string ExpectedLength = "X-Expected-Entity-Length";

    /// <summary>How long a request waits for the checker before it responds with 202.</summary>
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan CheckPause = TimeSpan.FromMilliseconds(250);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut(DavRoutes.Pattern, HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .WithMetadata(new UndocumentedTraffic(CreatesUpload: true)).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, DavGuards guards, DavFailures failures, FileReceiver receiver,
        UploadCatalog catalog, ITreeLedger ledger, IDavLedger dav, ApiMeter meter, TimeProvider time)
    {
        // 1. The address.
        var (address, refusal) = await DavAddress.ReadAsync(context, spaces, change: true);
        if (address is null)
            return refusal!;
        if (address.IsRoot)
            return DavRefusals.Root();
        if (address.Slash)
            return DavRefusals.Of(context, new UploadFailure(UploadError.NotFile, "A file's address has no slash at its end."));

        // 2. The headers.
        var (headers, fault) = EntryHeaders.Read(context.Request.Headers, allConditions: true);
        if (headers is null)
            return fault!;
        if (FileBody.Read(context, out var file, out var body) is { } wrong)
            return wrong;
        if (ReadExpectedLength(context.Request, out var size) is { } malformed)
            return malformed;

        if (OwnCloudChecksum.Read(context.Request, out var sha256, out var checksum) is { } unknown)
            return unknown;
        using var verified = checksum;
        var (guard, refused) = await guards.ReadAsync(context, address);
        if (guard is null)
            return refused!;

        // 3. The ledger decides again when the bytes are complete.
        var (target, failure) = await PlaceAsync(context, address, headers, tree);
        if (target is null)
            return failure!;
        if (await RefuseEarlyAsync(context, address, guard, tree, failures) is { } early)
            return DavRefusals.Of(context, early);

        // 4. The bytes.
        var wanted = new WantedUpload(context.Caller(), UploadProtocol.Put, address.Path[^1], file.ContentType)
        {
            Sha256 = file.Sha256 ?? sha256,
            Size = size,
            Target = target with { Place = target.Place with { Guard = guard }, Modified = headers.Modified },
        };
        var received = await receiver.ReceiveAsync(wanted, body, context.RequestAborted, checksum: checksum);
        meter.Put(received);
        if (!received.Ok)
            return DavRefusals.Of(context, received.Failure);

        // 5. The outcome.
        var upload = await CheckedAsync(context, received.Value, catalog, time);
        if (upload.State == UploadState.Checking)
        {
            if (await dav.AnswerCheckingAsync(upload.Id, context.RequestAborted))
                return TypedResults.StatusCode(StatusCodes.Status202Accepted);
            // The verdict was recorded in the meantime.
            upload = await catalog.FindAsync(context.Caller(), upload.Id, context.RequestAborted) ?? upload;
        }

        return await AnswerAsync(context, headers, upload, catalog, ledger);
    }

    private static async Task<(FileTarget? Target, IResult? Refusal)> PlaceAsync(
        HttpContext context, DavAddress address, EntryHeaders headers, FileTree tree)
    {
        var conflict = headers.MustBeNew ? NameConflict.Fail : NameConflict.Replace;
        if (!headers.HasConditions)
        {
            var atOnce = context.Request.ContentLength <= UploadIntake.SmallFile;
            var bound = await tree.BindUploadAsync(
                address.Space, address.Path, conflict, parents: false, atOnce, context.RequestAborted);
            return bound.Ok ? (bound.Value, null) : (null, DavRefusals.Of(context, bound.Failure));
        }

        var found = await tree.PlaceAsync(address.Space, address.Path, parents: false, context.RequestAborted);
        if (!found.Ok)
            return (null, DavRefusals.Of(context, found.Failure));
        var (place, existing) = found.Value;
        if (headers.Refuse(existing) is { } unmet)
            return (null, unmet);
        return existing is { Kind: EntryKind.Folder }
            ? (null, DavRefusals.Of(context, TreeRefusals.Of("not_a_file")))
            : (new FileTarget(place, conflict) { Revision = headers.RevisionOf(existing) }, null);
    }

    private static async Task<IResult> AnswerAsync(
        HttpContext context, EntryHeaders headers, Upload upload, UploadCatalog catalog, ITreeLedger ledger)
    {
        if (upload.State == UploadState.Failed)
            return DavRefusals.Of(context, UploadRefusals.Ended(upload));
        if (upload.UnfiledReason is { } reason)
        {
            // The client will send the whole file again, so these bytes are not kept.
            await catalog.DeleteFileAsync(context.Caller(), upload.Id, CancellationToken.None);
            var why = TreeRefusals.Of(reason);
            return headers.MustBeNew && why.Error == UploadError.NameTaken ? headers.Refuse(why) : DavRefusals.Of(context, why);
        }

        context.Response.Headers.ETag = $"\"{upload.Id}\"";
        if (headers.Modified is not null)
            context.Response.Headers[EntryHeaders.ModifiedAt] = "accepted";
        var made = await ledger.PublishedAsAsync(upload.Id, context.RequestAborted) is (1, _);
        return TypedResults.StatusCode(made ? StatusCodes.Status201Created : StatusCodes.Status204NoContent);
    }

    /// <summary>Refuses a long body before it is sent. A short one is only checked when it is published.</summary>
    private static async Task<UploadFailure?> RefuseEarlyAsync(
        HttpContext context, DavAddress address, ChangeGuard guard, FileTree tree, DavFailures failures)
    {
        if (guard.Lists.Count == 0 && context.Request.ContentLength <= UploadIntake.SmallFile)
            return null;
        var (place, existing, failure) = await DavPlace.FindAsync(tree, address, context.RequestAborted);
        return failure ?? await failures.FaultAsync(context, address, place, existing is null, guard);
    }

    /// <summary>Waits for a checker, so that most programs learn its verdict.</summary>
    private static async Task<Upload> CheckedAsync(HttpContext context, Upload upload, UploadCatalog catalog, TimeProvider time)
    {
        var began = time.GetTimestamp();
        while (upload.State == UploadState.Checking && time.GetElapsedTime(began) < CheckPatience)
        {
            await Task.Delay(CheckPause, time, context.RequestAborted);
            upload = await catalog.FindAsync(context.Caller(), upload.Id, context.RequestAborted) ?? upload;
        }

        return upload;
    }

    private static Refusal? ReadExpectedLength(HttpRequest request, out long? size)
    {
        size = null;
        if (request.Headers[ExpectedLength] is not { Count: > 0 } text)
            return null;
        if (!long.TryParse(text.ToString(), System.Globalization.NumberStyles.None, null, out var announced)
            || (request.ContentLength is { } length && length != announced))
            return Refusal.Of(RequestError.InvalidHeader, $"{ExpectedLength} must be the number of bytes of the body.");
        size = announced;
        return null;
    }
}
