using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Links;

/// <summary>PUT /l/{token}/files/{name}: one request, one file, as curl -T sends it. 1. the name; 2. the headers; 3. the bytes.</summary>
internal static class PutLinkFile
{
    private const string Root = LinkRequest.Root + "/files";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut(Root + "/{**name}", HandleAsync).RequireAuthorization(AccessPolicy.Link).ReachedByLink(ShareLinkKind.Upload)
            .WithMetadata(new UndocumentedTraffic(CreatesUpload: true)).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(HttpContext context, UploadIntake intake, FileReceiver receiver, ApiMeter meter)
    {
        // 1. The name.
        var caller = context.Caller();
        var line = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RawName.TryReadPath(line, Root, out var names, out var slash) || names.Count == 0 || slash)
            return Refusal.Of(RequestError.InvalidName, "Put the file's name after /files/, as UTF-8, percent-encoded.");
        if (names.Select(FileNameRule.Fault).FirstOrDefault(fault => fault is not null) is { } wrong)
            return Refusal.Of(RequestError.InvalidName, wrong);
        var place = new WantedPlace(names, null, null, NameConflict.Rename);
        var (target, refused) = await intake.PlaceAsync(caller, place, place.Name, atOnce: false, context.RequestAborted);
        if (refused is not null)
            return Refusal.Of(refused);

        // 2. The headers.
        if (FileBody.Read(context, out var file, out var body) is { } refusal)
            return refusal;

        // 3. The bytes.
        var result = await receiver.ReceiveAsync(
            new WantedUpload(caller, UploadProtocol.Put, place.Name, file.ContentType) { Sha256 = file.Sha256, Target = target }, body,
            context.RequestAborted);
        meter.Put(result);
        return result.Ok
            ? JsonAnswer.Of(LinkFileView.Of(result.Value), ApiJson.Out.LinkFileView, FileViews.StatusOf(result.Value))
            : Refusal.Of(result.Failure);
    }
}
