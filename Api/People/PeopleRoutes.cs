using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>Shared parts of the endpoints for people, keys and tenants.</summary>
internal static class PeopleRoutes
{
    public const string People = "People";
    public const string Keys = "Keys";
    public const string Tenants = "Tenants";

    public const string SignInExample = $$"""
        {"id":"{{Examples.Id}}","subject":"user:{{Examples.Id}}","tenant":"default","client":"Mozilla/5.0","address":"192.0.2.7",
         "since":"2026-01-15T09:30:00.000Z","usedAt":"2026-01-15T10:12:00.000Z","expiresAt":"2026-02-14T09:30:00.000Z","running":1,
         "receivedToday":1048576,"sentToday":0,"current":true,
         "activity":{{ActivityView.Example}} }
        """;

    public const string UserExample = $$"""
        {"id":"{{Examples.Id}}","name":"ann","displayName":"Ann Lee","email":"ann@example.org","isOperator":false,"enabled":true,
         "hasPassword":true,"hasSecondFactor":false,"memberships":[{"tenant":"default","role":"member"}],
         "createdAt":"2026-01-15T09:30:00.000Z","signedInAt":null}
        """;

    public const string LinkExample = """
        {"link":"http://127.0.0.1:8080/signin#link=9f86d081884c7d65","expiresAt":"2026-01-22T09:30:00.000Z"}
        """;

    public static Refusal NoSuchUser { get; } = Refusal.Of(
        RequestError.NoSuchUser, "There is no user with this id whom you may see. GET /api/users lists them.");

    public static Refusal NoSuchTenant { get; } = Refusal.Of(
        RequestError.NoSuchTenant, "There is no tenant with this name that you may use.");

    public static Refusal NotManaged { get; } = Refusal.Of(
        RequestError.NotPermitted,
        "This account has rights that you cannot grant, or belongs to other tenants too. Ask an operator; you may end a membership.");

    public static Refusal NotGranted { get; } = Refusal.Of(
        RequestError.NotPermitted, "You can grant only rights that you have yourself.");

    /// <summary>Administrators do not change their own role or account, so that no administrator is locked out by mistake.</summary>
    public static Refusal OwnAccount { get; } = Refusal.Of(
        RequestError.NotPermitted, "You cannot take rights from your own account. Ask another administrator.");

    /// <summary>Administrators cannot reset their own sign-in: otherwise their session would be sufficient to set a new password.</summary>
    public static Refusal OwnSignIn { get; } = Refusal.Of(
        RequestError.NotPermitted,
        "Change your own password, e-mail address and second factor at /api/me. If you cannot, ask another administrator.");

    public static Pages PagesOf(string list, CursorParts holds) => new(list, 100, 500, holds);

    public static bool TryReadId(string text, out Guid id) => Guid.TryParseExact(text, "N", out id);

    /// <summary>Returns the user, if the caller may see the user.</summary>
    public static async Task<User?> FindAsync(string id, Authority authority, IPeopleLedger people, CancellationToken cancellationToken) =>
        TryReadId(id, out var found) && await people.FindUserAsync(found, cancellationToken) is { } user && authority.Sees(user)
            ? user
            : null;

    public static async Task<LinkView> NewLinkAsync(
        HttpContext context, BrowserSessions sessions, User user, TimeProvider time, CancellationToken cancellationToken)
    {
        var token = await sessions.NewLinkAsync(user, cancellationToken);
        return new LinkView(
            SignIn.LinkOf(PublicAddress.Of(context.Request, ""), token), time.GetUtcNow() + BrowserSessions.InvitationLifetime);
    }

    public static void MapPeople(this IEndpointRouteBuilder routes)
    {
        GetMe.Map(routes);
        ChangeMe.Map(routes);
        ChooseTenant.Map(routes);
        SecondFactorEndpoints.Map(routes);
        LinkedAccounts.Map(routes);
        ListUsers.Map(routes);
        ListNames.Map(routes);
        AddUser.Map(routes);
        GetUser.Map(routes);
        ChangeUser.Map(routes);
        RemoveUser.Map(routes);
        ResetUser.Map(routes);
        SetMembership.Map(routes);
        EndMembership.Map(routes);
        ListKeys.Map(routes);
        AddKey.Map(routes);
        GetKey.Map(routes);
        RevokeKey.Map(routes);
        RotateKey.Map(routes);
        KeyRequestEndpoints.Map(routes);
        ListTenants.Map(routes);
        AddTenant.Map(routes);
        GetTenant.Map(routes);
        ChangeTenant.Map(routes);
        RemoveTenant.Map(routes);
        ListSignIns.Map(routes);
        EndSignIn.Map(routes);
    }
}

/// <summary>A one-time address with which a user sets a password; its token is in the fragment.</summary>
internal sealed record LinkView(string Link, DateTimeOffset ExpiresAt);
