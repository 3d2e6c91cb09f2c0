using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

/// <summary>The source and the target of a copy or a move.</summary>
internal sealed record CopyOrMoveBody
{
    /// <summary>The path of the entry to copy or move.</summary>
    public string? From { get; init; }

    /// <summary>The new path; its last name is the new name.</summary>
    public string? To { get; init; }

    /// <summary>The id of the target space; the space of the entry if missing.</summary>
    public string? Space { get; init; }

    /// <summary>If the name is taken: fail (default), rename or replace.</summary>
    public string? Conflict { get; init; }

    /// <summary>Whether missing folders of the path are created.</summary>
    public bool Parents { get; init; }
}

internal sealed class CopyOrMoveValidator : AbstractValidator<CopyOrMoveBody>
{
    public CopyOrMoveValidator()
    {
        RuleFor(body => body.From).Custom((path, context) => CheckPath("from", path, context));
        RuleFor(body => body.To).Custom((path, context) => CheckPath("to", path, context));
        RuleFor(body => body.Conflict).Must(text => TreeQuery.ConflictOf(text) is not null).When(body => body.Conflict is not null)
            .OverridePropertyName("conflict").WithMessage("conflict must be fail, rename or replace.");
    }

    private static void CheckPath(string field, string? path, ValidationContext<CopyOrMoveBody> context)
    {
        if (string.IsNullOrEmpty(path))
            context.AddFailure(field, $"{field} must be a path.");
        else if (TreePath.Parse(path, out var fault) is null)
            context.AddFailure(field, fault);
    }
}

/// <summary>A validated copy or move.</summary>
/// <param name="Space">The id of the target space in the request; null for the default space.</param>
internal sealed record CopyOrMove(
    PlacedEntry Source, Place Place, IReadOnlyList<string> Path, NameConflict Conflict, string? Space)
{
    /// <param name="changesSource">Whether the request changes the space of the source.</param>
    public static async Task<(CopyOrMove? Transfer, IResult? Refusal)> ReadAsync(
        HttpContext context, FileTree tree, IValidator<CopyOrMoveBody> validator, bool changesSource)
    {
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, changesSource);
        if (address is null)
            return (null, refusal);
        var read = await JsonBody.ReadAsync(context, ApiJson.In.CopyOrMoveBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return (null, read.Refusal);
        var space = body.Space ?? context.Request.RouteValues["space"] as string;
        (var target, refusal) = await TreeAddress.SpaceOfAsync(context, tree, space, change: true);
        if (refusal is not null)
            return (null, refusal);
        var source = await tree.FindAsync(address.Space, TreePath.Parse(body.From!, out _)!, context.RequestAborted);
        if (!source.Ok)
            return (null, Errors.Refusal.Of(source.Failure));
        var path = TreePath.Parse(body.To!, out _)!;
        var free = await tree.PlaceAsync(target, path, body.Parents, context.RequestAborted);
        if (!free.Ok)
            return (null, Errors.Refusal.Of(free.Failure));
        var conflict = TreeQuery.ConflictOf(body.Conflict) ?? NameConflict.Fail;
        return (new CopyOrMove(source.Value, free.Value.Place, path, conflict, space), null);
    }

    /// <summary>Returns the entry at its new path; its name may differ from the requested one.</summary>
    public PlacedEntry Placed(Entry entry) => new([.. Path.SkipLast(1), entry.Name], entry);
}
