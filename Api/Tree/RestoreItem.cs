using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

internal sealed record RestoreBody
{
    /// <summary>The number of an earlier content; missing for the removed entry.</summary>
    public int? Version { get; init; }

    /// <summary>A path other than its own; missing folders are created.</summary>
    public string? Path { get; init; }

    /// <summary>If the name is taken: fail (default), rename or replace.</summary>
    public string? Conflict { get; init; }
}

internal sealed class RestoreValidator : AbstractValidator<RestoreBody>
{
    public RestoreValidator()
    {
        RuleFor(body => body.Version).GreaterThan(0).When(body => body.Version is not null)
            .OverridePropertyName("version").WithMessage("version must be a number from 1.");
        RuleFor(body => body.Path).Custom((path, context) =>
        {
            if (path is { Length: 0 })
                context.AddFailure("path", "path must be a path.");
            else if (path is not null && TreePath.Parse(path, out var fault) is null)
                context.AddFailure("path", fault);
        });
        RuleFor(body => body.Conflict).Must(text => TreeQuery.ConflictOf(text) is not null).When(body => body.Conflict is not null)
            .OverridePropertyName("conflict").WithMessage("conflict must be fail, rename or replace.");
    }
}

/// <summary>POST /api/trash/{id}/restore: restores a removed entry or an earlier content.</summary>
internal static class RestoreItem
{
    public static void Map(IEndpointRouteBuilder routes) =>
        TreeRoutes.Map("trash/{id}/restore", at => routes.MapPost(at, HandleAsync), AccessPolicy.Upload, Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, FileTree tree, Trash trash, IValidator<RestoreBody> validator)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.RestoreBody, validator, new RestoreBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (space, refusal) = await TreeAddress.SpaceOfAsync(context, tree, change: true);
        if (refusal is not null)
            return refusal;
        if (!EntryId.TryParse(id, out var entry))
            return Refusal.Of(TreeRefusals.NotInTrash());
        var item = await trash.FindAsync(space, entry, body.Version, context.RequestAborted);
        if (!item.Ok)
            return Refusal.Of(item.Failure);
        if (EntryHeaders.RefuseUnmet(context, item.Value.Entry) is { } unmet)
            return unmet;
        var restored = await trash.RestoreAsync(
            context.Caller(), item.Value, body.Path is { } path ? TreePath.Parse(path, out _) : null,
            TreeQuery.ConflictOf(body.Conflict) ?? NameConflict.Fail, context.RequestAborted);
        if (!restored.Ok)
            return Refusal.Of(restored.Failure);
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, TreeAddress.Of(context, restored.Value.Path));
        return JsonAnswer.Of(EntryView.For(context.Caller(), restored.Value), ApiJson.Out.EntryView);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(RestoreItem), "Restore from the trash",
        """
        To its own place, or to another path. A folder comes back with all that is in it. At its own place an earlier content becomes the
        newest one of its file, whose present content goes to the trash.

            curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"path":"rescued/report.pdf"}' http://127.0.0.1:8080/api/trash/$ID/restore
        """)
    {
        Json = new(typeof(RestoreBody), Examples.Restore, Required: false),
        Headers = [EntryHeaders.IfMatch],
        Answers = [new(200, "The entry in its place.", typeof(EntryView), Examples.Entry)],
        Errors =
        [
            .. ErrorsOf.Places, UploadError.NoEntry, UploadError.Damaged, UploadError.NotFound, UploadError.EntryChanged,
            RequestError.InvalidHeader,
        ],
    };
}
