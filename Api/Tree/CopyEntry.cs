using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Uploads;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

internal sealed record EntryCopyBody
{
    /// <summary>The path of what is copied.</summary>
    public string? From { get; init; }

    /// <summary>The path of the copy, its last name the copy's name.</summary>
    public string? To { get; init; }

    /// <summary>The id of the space that gets the copy; missing: the one that is copied from.</summary>
    public string? Space { get; init; }

    /// <summary>If the name is taken: fail (default), rename or replace.</summary>
    public string? Conflict { get; init; }

    /// <summary>Whether folders that are missing on the way are made.</summary>
    public bool Parents { get; init; }
}

internal sealed class EntryCopyValidator : AbstractValidator<EntryCopyBody>
{
    public EntryCopyValidator()
    {
        RuleFor(body => body.From).Custom((path, context) => CheckPath("from", path, context));
        RuleFor(body => body.To).Custom((path, context) => CheckPath("to", path, context));
        RuleFor(body => body.Conflict).Must(text => TreeQuery.ConflictOf(text) is not null).When(body => body.Conflict is not null)
            .OverridePropertyName("conflict").WithMessage("conflict must be fail, rename or replace.");
    }

    private static void CheckPath(string field, string? path, ValidationContext<EntryCopyBody> context)
    {
        if (string.IsNullOrEmpty(path))
            context.AddFailure(field, $"{field} must be a path.");
        else if (TreePath.Parse(path, out var fault) is null)
            context.AddFailure(field, fault);
    }
}

/// <summary>POST /api/tree/copy: copies a file or a folder without copying bytes.</summary>
internal static class CopyEntry
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/tree/copy", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);
        routes.MapPost("/api/spaces/{space}/tree/copy", HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .Document(Doc with
            {
                Name = nameof(CopyEntry) + "InSpace",
                Path =
                [new("space", "The space's id.", Examples.Id, Required: true)]
            });
    }

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, UnpackTar unpack, IValidator<EntryCopyBody> validator)
    {
        // A folder may be called "copy".
        if (UnpackTar.IsAskedFor(context))
            return await unpack.HandleAsync(context);
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, change: false);
        if (address is null)
            return refusal!;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.EntryCopyBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var space = body.Space ?? context.Request.RouteValues["space"] as string;
        (var target, refusal) = await TreeAddress.SpaceOfAsync(context, tree, space, change: true);
        if (refusal is not null)
            return refusal;
        var source = await tree.FindAsync(address.Space, TreePath.Parse(body.From!, out _)!, context.RequestAborted);
        if (!source.Ok)
            return Refusal.Of(source.Failure);
        var path = TreePath.Parse(body.To!, out _)!;
        var free = await tree.PlaceAsync(target, path, body.Parents, context.RequestAborted);
        if (!free.Ok)
            return Refusal.Of(free.Failure);
        var copied = await tree.CopyAsync(
            context.Caller(), source.Value, free.Value.Place, path, TreeQuery.ConflictOf(body.Conflict) ?? NameConflict.Fail,
            context.RequestAborted);
        if (!copied.Ok)
            return Refusal.Of(copied.Failure);
        var placed = new PlacedEntry([.. path.SkipLast(1), copied.Value.Name], copied.Value);
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, TreeAddress.Of(space, placed.Path));
        return JsonAnswer.Of(EntryView.Of(placed), ApiJson.Out.EntryView, status: StatusCodes.Status201Created);
    }

    private static EndpointDoc Doc => new(
        "Tree", nameof(CopyEntry), "Copy a file or a folder",
        """
        No byte is copied: the copies have the same content, which is kept as long as one of them needs it. With `space` the copy goes to
        another space; to move between spaces, copy and then delete.
        """)
    {
        Json = new(typeof(EntryCopyBody), Examples.EntryCopy),
        Answers = [new(201, "The copy.", typeof(EntryView), Examples.Entry)],
        Fails =
        [
            UploadError.NoEntry, UploadError.NameTaken, UploadError.NotFolder, UploadError.NoFolder, UploadError.IntoItself,
            UploadError.RootFolder, UploadError.Damaged, UploadError.NotFound, UploadError.LedgerUnavailable,
        ],
        Refuses =
        [
            RequestError.MalformedJson, RequestError.InvalidField, RequestError.BodyTooLarge, RequestError.MediaTypeNotSupported,
            RequestError.InvalidPath,
        ],
    };
}
