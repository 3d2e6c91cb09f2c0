using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

internal sealed record SpaceNameBody
{
    public string? Name { get; init; }
}

internal sealed class SpaceNameValidator : AbstractValidator<SpaceNameBody>
{
    public SpaceNameValidator() => RuleFor(body => body.Name).MustBeTitle("name", needed: true);
}

internal sealed record SpaceAccessBody
{
    /// <summary>Whether the member may also change the contents of the space; default false.</summary>
    public bool? CanChange { get; init; }
}

internal sealed class SpaceAccessValidator : AbstractValidator<SpaceAccessBody>;

/// <param name="Subject">user:… or key:….</param>
/// <param name="Name">The member's name; null if the user or key was removed.</param>
internal sealed record SpaceMemberView(string Subject, string? Name, bool CanChange);

/// <summary>Manages team spaces and their members, for the owner of a space or an administrator of the tenant.</summary>
internal static class SpaceMembers
{
    public const string One = "/api/spaces/{space}";

    /// <summary>
    /// The maximum number of team spaces of a subject: lists of spaces have no pages, and after each change of rights the spaces of every
    /// event listener are read again.
    /// </summary>
    private const int MostOfSubject = 1000;

    private const string Members = "/api/spaces/{space}/members";
    private const string Member = "/api/spaces/{space}/members/{subject}";
    public const string Team = $$"""
        {"id":"{{Examples.Id}}","kind":"team","name":"Projects","owner":"user:{{Examples.Id}}","canChange":true,"entries":0,"bytes":0}
        """;
    private const string MemberExample = $$"""{"subject":"user:{{Examples.Id}}","name":"Ann Lee","canChange":true}""";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/spaces", AddAsync).RequireAuthorization(AccessPolicy.Upload).Document(AddDoc);
        ChangeSpace.Map(routes);
        RemoveSpace.Map(routes);
        routes.MapGet(Members, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(ListDoc);
        routes.MapPut(Member, SetAsync).RequireAuthorization(AccessPolicy.Upload).Document(SetDoc);
        routes.MapDelete(Member, RemoveAsync).RequireAuthorization(AccessPolicy.Upload).Document(RemoveDoc);
    }

    private static async Task<IResult> AddAsync(
        HttpContext context, IValidator<SpaceNameBody> validator, ISpaceLedger spaces, FileTree tree)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.SpaceNameBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        if (await spaces.AddTeamAsync(caller, body.Name!, caller.SeesAll ? null : MostOfSubject, context.RequestAborted) is not { } id)
            return Refusal.Of(RequestError.TooManySpaces, $"You have {MostOfSubject} team spaces, which is the most; delete one first.");
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, TreeAddress.SpaceRoot(id.ToString()));
        return await AnswerAsync(context, tree, id, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ISpaceLedger spaces, FileTree tree)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } fault)
            return fault;
        var (space, refusal) = await TeamAsync(context, tree, manage: false);
        if (space is null)
            return refusal!;
        var members = await spaces.MembersAsync(space.Id, context.RequestAborted);
        return JsonAnswer.Of(
            new ListOf<SpaceMemberView>([.. members.Select(one => new SpaceMemberView(one.Subject, one.Name, one.CanChange))], null),
            ApiJson.Out.ListOfSpaceMemberView);
    }

    private static async Task<IResult> SetAsync(
        string subject, HttpContext context, IValidator<SpaceAccessBody> validator, ISpaceLedger spaces, FileTree tree)
    {
        var read = await JsonBody.ReadAsync(
            context, ApiJson.In.SpaceAccessBody, validator, new SpaceAccessBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (space, refusal) = await TeamAsync(context, tree, manage: true);
        if (space is null)
            return refusal!;
        var canChange = body.CanChange ?? false;
        if (subject == space.Owner && !canChange)
            return OwnerStays;
        return SubjectId.Parse(subject) is { } member
            && await spaces.SetMemberAsync(space.Id, member, canChange, context.RequestAborted)
            ? TypedResults.NoContent()
            : NoSuchMember;
    }

    private static async Task<IResult> RemoveAsync(string subject, HttpContext context, ISpaceLedger spaces, FileTree tree)
    {
        var (space, refusal) = await TeamAsync(context, tree, manage: true);
        if (space is null)
            return refusal!;
        if (subject == space.Owner)
            return OwnerStays;
        return SubjectId.Parse(subject) is { } member && await spaces.RemoveMemberAsync(space.Id, member, context.RequestAborted)
            ? TypedResults.NoContent()
            : NoSuchMember;
    }

    private static Refusal OwnerStays { get; } = Refusal.Of(
        RequestError.NotPermitted, "The space belongs to this user, who keeps the right to change it.");

    private static Refusal NoSuchMember { get; } = Refusal.Of(
        RequestError.NoSuchUser, "There is no such user or key of the tenant among those who can be, or are, members.");

    /// <summary>Returns the team space of the request, which the caller may read or also manage.</summary>
    public static async Task<(Space? Space, Refusal? Refusal)> TeamAsync(HttpContext context, FileTree tree, bool manage)
    {
        var caller = context.Caller();
        if (!EntryId.TryParse((string)context.Request.RouteValues["space"]!, out var id))
            return (null, Refusal.Of(TreeRefusals.NoEntry()));
        var found = await tree.SpaceAsync(caller, id, change: false, context.RequestAborted);
        if (!found.Ok)
            return (null, Refusal.Of(found.Failure));
        if (found.Value.Kind != "team")
            return (null, Refusal.Of(
                RequestError.NoTeamSpace, "This space has no members of its own. POST /api/spaces makes one that has."));
        return manage && !caller.SeesAll && found.Value.Owner != caller.Subject
            ? (null, Refusal.Of(UploadError.ReadOnly, "Only the one who made the space, or an administrator, may do that."))
            : (found.Value, null);
    }

    /// <summary>Returns the space of the request, which the caller may manage as its owner or as an administrator.</summary>
    public static async Task<(Space? Space, Refusal? Refusal)> ManagedAsync(HttpContext context, FileTree tree)
    {
        var caller = context.Caller();
        if (!EntryId.TryParse((string)context.Request.RouteValues["space"]!, out var id))
            return (null, Refusal.Of(TreeRefusals.NoEntry()));
        var found = await tree.SpaceAsync(caller, id, change: false, context.RequestAborted);
        if (!found.Ok)
            return (null, Refusal.Of(found.Failure));
        return caller.SeesAll || found.Value.Owner == caller.Subject
            ? (found.Value, null)
            : (null, Refusal.Of(UploadError.ReadOnly, "Only the owner of the space, or an administrator, may do that."));
    }

    public static async Task<IResult> AnswerAsync(HttpContext context, FileTree tree, EntryId id, int status)
    {
        var space = await tree.SpaceAsync(context.Caller(), id, change: false, context.RequestAborted);
        return space.Ok ? JsonAnswer.Of(SpaceView.Of(space.Value), ApiJson.Out.SpaceView, status) : Refusal.Of(space.Failure);
    }

    private static EndpointDoc AddDoc => new(
        TreeRoutes.Tag, "AddSpace", "Make a team space",
        "It belongs to the one who makes it, who names its members. Administrators of the tenant see and manage all. Others may have 1,000 "
            + "of their own.")
    {
        Json = new(typeof(SpaceNameBody), """{"name":"Projects"}"""),
        Answers =
        [
            new(201, "The space.", typeof(SpaceView), Team)
            { Headers = [new("Location", "Its tree.", $"/api/spaces/{Examples.Id}/tree")] },
        ],
        Errors = [RequestError.TooManySpaces],
    };

    private static EndpointDoc ListDoc => new(TreeRoutes.Tag, "ListSpaceMembers", "List a space's members", "For its members.")
    {
        Answers = [new(200, "The members.", typeof(ListOf<SpaceMemberView>), Examples.Page(MemberExample))],
        Errors = [UploadError.NoEntry, RequestError.NoTeamSpace, RequestError.InvalidParameter],
    };

    private static EndpointDoc SetDoc => new(
        TreeRoutes.Tag, "SetSpaceMember", "Add a member to a space",
        "To read it, or also to change it, as far as the member's role or scopes allow.")
    {
        Json = new(typeof(SpaceAccessBody), """{"canChange":true}""", Required: false),
        Answers = [new(204, "It is a member.")],
        Errors = [UploadError.NoEntry, UploadError.ReadOnly, RequestError.NoTeamSpace, RequestError.NoSuchUser],
    };

    private static EndpointDoc RemoveDoc => new(TreeRoutes.Tag, "RemoveSpaceMember", "End a member's access to a space", "At once.")
    {
        Answers = [new(204, "It is no longer a member.")],
        Errors = [UploadError.NoEntry, UploadError.ReadOnly, RequestError.NoTeamSpace, RequestError.NoSuchUser],
    };
}
