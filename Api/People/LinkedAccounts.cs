using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>An account at an external issuer with which the user signs in.</summary>
internal sealed record LinkedAccountView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","issuer":"https://login.example.org","account":"00u1a2b3c4","name":"ann@example.org",
         "linkedAt":"2026-01-15T09:30:00.000Z","usedAt":null}
        """;

    public required string Id { get; init; }

    public required string Issuer { get; init; }

    /// <summary>The issuer's own name of the account (sub), which never changes.</summary>
    public required string Account { get; init; }

    /// <summary>The issuer's display name of the account when it was linked.</summary>
    public required string? Name { get; init; }

    public required DateTimeOffset LinkedAt { get; init; }

    public required DateTimeOffset? UsedAt { get; init; }

    public static LinkedAccountView Of(LinkedAccount linked) => new()
    {
        Id = linked.Id.ToString("n"),
        Issuer = linked.Account.Issuer,
        Account = linked.Account.Subject,
        Name = linked.Account.Name,
        LinkedAt = linked.LinkedAt,
        UsedAt = linked.UsedAt,
    };
}

/// <summary>/api/me/linked-accounts: accounts at an external issuer. Only pages can link them, because a browser is required.</summary>
internal static class LinkedAccounts
{
    private const string Path = "/api/me/linked-accounts";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Self).Document(ListDoc);
        routes.MapDelete(Path + "/{id}", RemoveAsync).RequireAuthorization(AccessPolicy.Self).Document(RemoveDoc);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IIdentityLedger ledger) =>
        Reauthentication.AccountOf(context.Caller()) is not { } user
            ? Reauthentication.NeedsSession
            : JsonAnswer.Of(
                new ListOf<LinkedAccountView>(
                    [.. (await ledger.ListAsync(user, context.RequestAborted)).Select(LinkedAccountView.Of)], null),
                ApiJson.Out.ListOfLinkedAccountView);

    private static async Task<IResult> RemoveAsync(string id, HttpContext context, IIdentityLedger ledger)
    {
        if (Reauthentication.AccountOf(context.Caller()) is not { } user)
            return Reauthentication.NeedsSession;
        if (!PeopleRoutes.TryReadId(id, out var linked))
            return NoSuchAccount;
        return await ledger.UnlinkAsync(user, linked, context.RequestAborted) switch
        {
            UnlinkOutcome.Removed => TypedResults.NoContent(),
            UnlinkOutcome.LastWayIn => Refusal.Of(
                RequestError.LastWayIn,
                "You have no password and no other linked account. Set a password first."),
            _ => NoSuchAccount,
        };
    }

    private static Refusal NoSuchAccount { get; } = Refusal.Of(
        RequestError.NoSuchAccount, $"You have no linked account with this id. GET {Path} lists them.");

    private static EndpointDoc ListDoc => new(
        PeopleRoutes.People, "ListLinkedAccounts", "List my linked accounts",
        "Accounts of the issuer (Oidc:*) with which the user who is signed in may sign in to the pages.")
    {
        Answers = [new(200, "The accounts.", typeof(ListOf<LinkedAccountView>), Examples.Page(LinkedAccountView.Example))],
    };

    private static EndpointDoc RemoveDoc => new(
        PeopleRoutes.People, "RemoveLinkedAccount", "Unlink an account",
        "The account cannot sign in from then on; sessions continue. The last account of a user without a password cannot be unlinked.")
    {
        Answers = [new(204, "It is unlinked.")],
        Errors = [RequestError.NoSuchAccount, RequestError.LastWayIn],
    };
}
