using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

internal sealed record PlaceBody
{
    /// <summary>The path from the root; its last name is the file's name.</summary>
    public string? Path { get; init; }

    /// <summary>If the name is taken: fail, rename (default) or replace.</summary>
    public string? Conflict { get; init; }

    /// <summary>The id of the space; the default space if missing.</summary>
    public string? Space { get; init; }

    /// <summary>Whether missing folders of the path are created.</summary>
    public bool Parents { get; init; }
}

internal sealed class PlaceValidator : AbstractValidator<PlaceBody>
{
    public PlaceValidator()
    {
        RuleFor(body => body.Path).Custom((path, context) =>
        {
            if (string.IsNullOrEmpty(path))
                context.AddFailure("path", "path must be a path.");
            else if (TreePath.Parse(path, out var fault) is null)
                context.AddFailure("path", fault);
        });
        RuleFor(body => body.Conflict).Must(text => TreeQuery.ConflictOf(text) is not null).When(body => body.Conflict is not null)
            .OverridePropertyName("conflict").WithMessage("conflict must be fail, rename or replace.");
    }
}

/// <summary>POST /api/files/{id}/place: publishes an unfiled upload in the tree.</summary>
internal static class PlaceFile
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/files/{id}/place", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, FileTree tree, IValidator<PlaceBody> validator)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.PlaceBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var path = TreePath.Parse(body.Path!, out _)!;
        var (space, refusal) = await TreeAddress.SpaceOfAsync(context, tree, body.Space, change: true);
        if (refusal is not null)
            return refusal;
        var free = await tree.PlaceAsync(space, path, body.Parents, context.RequestAborted);
        if (!free.Ok)
            return Refusal.Of(free.Failure);
        var filed = await tree.FileUploadAsync(
            context.Caller(), upload, new FileTarget(free.Value.Place, TreeQuery.ConflictOf(body.Conflict) ?? NameConflict.Rename),
            context.RequestAborted);
        if (!filed.Ok)
            return Refusal.Of(filed.Failure);
        var placed = new PlacedEntry([.. path.SkipLast(1), filed.Value.Name], filed.Value);
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, TreeAddress.Of(body.Space, placed.Path));
        return JsonAnswer.Of(EntryView.Of(placed), ApiJson.Out.EntryView, status: StatusCodes.Status201Created);
    }

    private static EndpointDoc Doc => new(
        "Files", nameof(PlaceFile), "Give a file a place",
        """
        A finished upload that was sent without a path, or could not be published, becomes a file of the tree. From then on the tree alone
        decides about it.

            curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"path":"2026/holiday.mp4","parents":true}' http://127.0.0.1:8080/api/files/$ID/place
        """)
    {
        Json = new(typeof(PlaceBody), Examples.FilePlace),
        Answers =
        [
            new(201, "The file in its place.", typeof(EntryView), Examples.Entry)
            {
                Headers = [new("Location", "Its address in the tree.", "/api/tree/2026/holiday.mp4")],
            },
        ],
        Errors =
        [
            .. ErrorsOf.Places, UploadError.NotFound, UploadError.NoEntry, UploadError.NotCompleted, UploadError.Damaged,
            UploadError.Published,
        ],
    };
}
