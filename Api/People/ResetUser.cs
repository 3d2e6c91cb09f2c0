using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record ResetBody
{
    /// <summary>Whether the second factor is removed too, for a user who has lost it.</summary>
    public bool? SecondFactor { get; init; }
}

internal sealed class ResetValidator : AbstractValidator<ResetBody>;

/// <summary>POST /api/users/{id}/reset: creates a link with which the user sets a new password.</summary>
internal static class ResetUser
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/users/{id}/reset", HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IValidator<ResetBody> validator, IPeopleLedger people, BrowserSessions sessions,
        ISecondFactorLedger factors, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.ResetBody, validator, new ResetBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var stop = context.RequestAborted;
        var authority = await Authority.OfAsync(context.Caller(), people, stop);
        if (await PeopleRoutes.FindAsync(id, authority, people, stop) is not { } user)
            return PeopleRoutes.NoSuchUser;
        if (!authority.Manages(user))
            return PeopleRoutes.NotManaged;
        if (context.Caller().User == user.Id)
            return PeopleRoutes.OwnSignIn;
        if (body.SecondFactor == true)
            await factors.ResetAsync(user.Id, stop);
        return JsonAnswer.Of(await PeopleRoutes.NewLinkAsync(context, sessions, user, time, stop), ApiJson.Out.LinkView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ResetUser), "Make a link for a new password",
        "Valid once and for seven days. The old password stays valid until the link is used; that ends the user's sessions. "
            + "The second factor stays, unless you remove it too: then the password and the sessions end at once. "
            + "Your own password is changed at /api/me.")
    {
        Json = new(typeof(ResetBody), """{"secondFactor":true}""", Required: false),
        Answers = [new(200, "The link.", typeof(LinkView), PeopleRoutes.LinkExample)],
        Errors = [RequestError.NoSuchUser],
    };
}
