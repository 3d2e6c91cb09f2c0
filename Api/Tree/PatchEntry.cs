using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

/// <summary>The fields to change; a missing field stays unchanged.</summary>
internal sealed record EntryChangeBody
{
    /// <summary>A new name in the same folder.</summary>
    public string? Name { get; init; }

    /// <summary>The new path from the root; its last name is the new name.</summary>
    public string? Path { get; init; }

    /// <summary>ISO 8601 with up to nine decimals, or seconds since 1970.</summary>
    public string? ModifiedAt { get; init; }

    /// <summary>POSIX permission bits, octal.</summary>
    public string? Mode { get; init; }

    /// <summary>If the name is taken: fail (default), rename or replace.</summary>
    public string? Conflict { get; init; }

    /// <summary>Whether missing folders of the path are created.</summary>
    public bool Parents { get; init; }
}

internal sealed class EntryChangeValidator : AbstractValidator<EntryChangeBody>
{
    public EntryChangeValidator()
    {
        RuleFor(body => body.Name).Custom((name, context) =>
        {
            if (name is not null && TreePath.NameFault(name) is { } fault)
                context.AddFailure("name", fault);
        });
        RuleFor(body => body.Path).Custom((path, context) =>
        {
            if (path is not null && TreePath.Parse(path, out var fault) is null)
                context.AddFailure("path", fault);
        });
        RuleFor(body => body).Must(body => body.Name is null || body.Path is null).OverridePropertyName("name")
            .WithMessage("Give name or path, not both.");
        RuleFor(body => body.ModifiedAt).Must(text => NanoTime.TryParse(text, out _)).When(body => body.ModifiedAt is not null)
            .OverridePropertyName("modifiedAt").WithMessage("modifiedAt must be a time such as 2026-01-30T09:30:00.25Z.");
        RuleFor(body => body.Mode).Must(text => FileMode.TryParse(text!, out _)).When(body => body.Mode is not null)
            .OverridePropertyName("mode").WithMessage("mode must be octal permission bits, such as 0644.");
        RuleFor(body => body.Conflict).Must(text => TreeQuery.ConflictOf(text) is not null).When(body => body.Conflict is not null)
            .OverridePropertyName("conflict").WithMessage("conflict must be fail, rename or replace.");
    }
}

/// <summary>PATCH /api/tree/{path}: renames or moves an entry, or sets its time and mode.</summary>
internal static class PatchEntry
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        TreeRoutes.Map(TreeRoutes.Entry, at => routes.MapPatch(at, HandleAsync), AccessPolicy.Upload, Doc);
        routes.MapPatch("/api/entries/{id}", HandleIdAsync).RequireAuthorization(AccessPolicy.Upload)
            .Document(Doc with { Name = "PatchEntryById" });
    }

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, IValidator<EntryChangeBody> validator)
    {
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, change: true);
        if (address is null)
            return refusal!;
        return await ChangeAsync(context, tree, validator, await tree.FindAsync(address.Space, address.Path, context.RequestAborted));
    }

    private static async Task<IResult> HandleIdAsync(
        string id, HttpContext context, FileTree tree, IValidator<EntryChangeBody> validator) =>
        EntryId.TryParse(id, out var entry)
            ? await ChangeAsync(
                context, tree, validator, await tree.FindAsync(context.Caller(), entry, change: true, context.RequestAborted))
            : Refusal.Of(TreeRefusals.NoEntry());

    private static async Task<IResult> ChangeAsync(
        HttpContext context, FileTree tree, IValidator<EntryChangeBody> validator, Result<PlacedEntry> found)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.EntryChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (headers, fault) = EntryHeaders.Read(context.Request.Headers);
        if (headers is null)
            return fault!;
        if (!found.Ok)
            return Refusal.Of(found.Failure);
        var (path, entry) = found.Value;
        if (headers.Refuse(entry) is { } refusal)
            return refusal;

        Place? place = null;
        if (body.Name is { } name)
        {
            if (entry.Parent is not { } parent)
                return Refusal.Of(TreeRefusals.Of("root"));
            place = new Place(entry.Space, parent, [name]);
            path = [.. path.SkipLast(1), name];
        }
        else if (body.Path is not null)
        {
            path = TreePath.Parse(body.Path, out _)!;
            var free = await tree.PlaceAsync(entry.Space, path, body.Parents, context.RequestAborted);
            if (!free.Ok)
                return Refusal.Of(free.Failure);
            place = free.Value.Place;
        }

        var change = new EntryChange(
            place, TreeQuery.ConflictOf(body.Conflict) ?? NameConflict.Fail,
            NanoTime.TryParse(body.ModifiedAt, out var modified) ? modified : null,
            body.Mode is { } bits && FileMode.TryParse(bits, out var mode) ? mode : null,
            headers.RevisionOf(entry), context.Caller().Subject);
        var changed = await tree.ChangeAsync(context.Caller(), entry, change, context.RequestAborted);
        return changed.Ok
            ? JsonAnswer.Of(
                EntryView.For(context.Caller(), new PlacedEntry([.. path.SkipLast(1), changed.Value.Name], changed.Value)),
                ApiJson.Out.EntryView)
            : Refusal.Of(changed.Failure);
    }

    private static EndpointDoc Doc => new(
        "Tree", nameof(PatchEntry), "Rename, move, set the time or the mode",
        """
        Moving a folder changes one row, however much is in it.

            curl -X PATCH -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"path":"archive/2026/report.pdf","parents":true}' http://127.0.0.1:8080/api/tree/2026/report.pdf
        """)
    {
        Json = new(typeof(EntryChangeBody), Examples.EntryChange),
        Headers = [new("If-Match", "Change only this revision (\"r5\") or this content (its ETag).", "\"r5\"")],
        Answers = [new(200, "The entry as it is now.", typeof(EntryView), Examples.Entry)],
        Errors =
        [
            .. ErrorsOf.Places, UploadError.NoEntry, UploadError.EntryChanged, UploadError.IntoItself, RequestError.InvalidPath,
            RequestError.InvalidHeader, RequestError.PreconditionFailed,
        ],
    };
}
