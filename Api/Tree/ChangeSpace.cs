using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

internal sealed record SpaceChangeBody
{
    public string? Name { get; init; }

    /// <summary>The policy for the earlier contents of files.</summary>
    public VersionPolicyChangeBody? Versions { get; init; }

    /// <summary>The path of the folder for which versions is set; the whole space if missing.</summary>
    public string? Folder { get; init; }
}

/// <summary>The policy for the earlier contents of each file. The parts are combined; a missing part keeps none.</summary>
internal sealed record VersionPolicyChangeBody
{
    /// <summary>The number of newest contents that are kept.</summary>
    public int? Last { get; init; }

    /// <summary>The number of hours for which the newest content of each hour is kept after it was replaced.</summary>
    public int? Hours { get; init; }

    /// <summary>The number of days for which the newest content of each day is kept.</summary>
    public int? Days { get; init; }

    /// <summary>The number of weeks for which the newest content of each week is kept.</summary>
    public int? Weeks { get; init; }

    /// <summary>
    /// The maximum bytes of earlier contents of one file; the oldest are removed first. Without other parts, all that fit are kept.
    /// </summary>
    public long? Bytes { get; init; }

    /// <summary>True removes the policy, so that the one of the parent folder or of the service applies.</summary>
    public bool? Inherit { get; init; }
}

internal sealed class SpaceChangeValidator : AbstractValidator<SpaceChangeBody>
{
    public SpaceChangeValidator()
    {
        RuleFor(body => body.Name).MustBeTitle("name", needed: false);
        RuleFor(body => body).Must(body => body.Name is not null || body.Versions is not null).OverridePropertyName("name")
            .WithMessage("Give name or versions, or both.");
        RuleFor(body => body.Folder).Custom((path, context) =>
        {
            if (path is { Length: > 0 } && TreePath.Parse(path, out var fault) is null)
                context.AddFailure("folder", fault);
        });
        RuleFor(body => body.Folder).Must((body, _) => body.Versions is not null).When(body => body.Folder is not null)
            .OverridePropertyName("folder").WithMessage("A folder is given together with versions.");
        MustBeNumber("last", body => body.Last, VersionPolicy.MostLast);
        MustBeNumber("hours", body => body.Hours, VersionPolicy.MostHours);
        MustBeNumber("days", body => body.Days, VersionPolicy.MostDays);
        MustBeNumber("weeks", body => body.Weeks, VersionPolicy.MostWeeks);
        MustBeNumber("bytes", body => body.Bytes, long.MaxValue);
        RuleFor(body => body.Versions!).Must(policy => (policy.Inherit == true) == (PolicyOf(policy) is null))
            .When(body => body.Versions is not null).OverridePropertyName("versions")
            .WithMessage("versions has at least one of last, hours, days, weeks and bytes, or inherit: true alone.");
    }

    public static VersionPolicy? PolicyOf(VersionPolicyChangeBody body) =>
        VersionPolicy.Of(body.Last, body.Hours, body.Days, body.Weeks, body.Bytes);

    private void MustBeNumber(string name, Func<VersionPolicyChangeBody, long?> part, long most) =>
        RuleFor(body => body.Versions!).Must(policy => part(policy) is not { } number || (number >= 0 && number <= most))
            .When(body => body.Versions is not null).OverridePropertyName($"versions.{name}")
            .WithMessage(most == long.MaxValue ? $"{name} must be a number from 0." : $"{name} must be a number from 0 to {most}.");
}

/// <summary>PATCH /api/spaces/{space}: renames a team space, and sets the policy for earlier contents of files.</summary>
internal static class ChangeSpace
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(SpaceMembers.One, HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<SpaceChangeBody> validator, ISpaceLedger spaces, FileTree tree, FileVersions versions)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.SpaceChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (space, refusal) = body.Name is null
            ? await SpaceMembers.ManagedAsync(context, tree)
            : await SpaceMembers.TeamAsync(context, tree, manage: true);
        if (space is null)
            return refusal!;
        if (body.Versions is { } policy)
        {
            if (!context.Caller().Scopes.HasFlag(Scopes.Delete))
            {
                return Refusal.Of(
                    RequestError.NotPermitted, "Your key may not delete, so it may not decide how long earlier contents are kept.");
            }

            var path = body.Folder is { Length: > 0 } folder ? TreePath.Parse(folder, out _)! : [];
            var failure = await versions.SetPolicyAsync(
                context.Caller(), space.Id, path, SpaceChangeValidator.PolicyOf(policy), context.RequestAborted);
            if (failure is not null)
                return Refusal.Of(failure);
        }

        if (body.Name is { } name)
            await spaces.RenameAsync(space.Id, name, context.RequestAborted);
        return await SpaceMembers.AnswerAsync(context, tree, space.Id, StatusCodes.Status200OK);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(ChangeSpace), "Rename a team space, or set what is kept of earlier contents",
        """
        Names need not be unique. `versions` is the policy for the earlier contents of files, of the whole space or of a `folder` and what
        is below it. What a stricter policy would let go stays for seven more days. A user sets the policies of their own space, the owner
        those of a team space, administrators all of them.

            curl -X PATCH -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"versions":{"last":10,"days":30,"weeks":52}}' http://127.0.0.1:8080/api/spaces/$SPACE
        """)
    {
        Json = new(typeof(SpaceChangeBody), """{"versions":{"last":10,"hours":24,"days":30,"weeks":52},"folder":"drafts"}"""),
        Answers = [new(200, "The space.", typeof(SpaceView), SpaceMembers.Team)],
        Errors =
        [
            UploadError.NoEntry, UploadError.NotFolder, UploadError.ReadOnly, UploadError.TooManyPolicies, RequestError.NoTeamSpace,
        ],
    };
}
