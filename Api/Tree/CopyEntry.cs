using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

/// <summary>POST /api/tree/copy: copies a file or a folder without copying bytes.</summary>
internal static class CopyEntry
{
    public static void Map(IEndpointRouteBuilder routes) =>
        TreeRoutes.Map("tree/copy", at => routes.MapPost(at, HandleAsync), AccessPolicy.Upload, Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, TarReceiver receiver, IValidator<CopyOrMoveBody> validator)
    {
        // A folder may be called "copy".
        if (UnpackTar.IsAskedFor(context))
            return await receiver.ReceiveAsync(context);
        // Others may read the copy, so the caller must have the right to read the content.
        if (!context.Caller().Scopes.HasFlag(Scopes.Read))
            return Refusal.Of(RequestError.NotPermitted, "Your key may not read files, so it may not copy them.");
        var (asked, refusal) = await CopyOrMove.ReadAsync(context, tree, validator, changesSource: false);
        if (asked is null)
            return refusal!;
        var copied = await tree.CopyAsync(
            context.Caller(), asked.Source, asked.Place, asked.Path, asked.Conflict, context.RequestAborted);
        if (!copied.Ok)
            return Refusal.Of(copied.Failure);
        var placed = asked.Placed(copied.Value.Entry);
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, TreeAddress.Of(asked.Space, placed.Path));
        var view = EntryView.For(context.Caller(), placed) with { LeftOut = copied.Value.LeftOut };
        return JsonAnswer.Of(view, ApiJson.Out.EntryView, status: StatusCodes.Status201Created);
    }

    private static EndpointDoc Doc => new(
        "Tree", nameof(CopyEntry), "Copy a file or a folder",
        """
        No byte is copied: the copies have the same content, which is kept as long as one of them needs it. With `space` the copy goes to
        another space. It takes the right to read as well as the right to upload. Of a folder it copies what was there at the beginning;
        `leftOut` says how many entries could not be copied, because they were changed meanwhile.
        """)
    {
        Json = new(typeof(CopyOrMoveBody), Examples.CopyOrMove),
        Answers = [new(201, "The copy.", typeof(EntryView), Examples.Entry)],
        Errors =
        [
            .. ErrorsOf.Places, UploadError.NoEntry, UploadError.IntoItself, UploadError.Damaged, UploadError.NotFound,
            UploadError.QuotaExceeded, RequestError.InvalidPath,
        ],
    };
}
