using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.People;

/// <summary>A browser that is signed in.</summary>
internal sealed record SignInSessionView
{
    public required string Id { get; init; }

    /// <summary>user:… or operator.</summary>
    public required string Subject { get; init; }

    public required string Tenant { get; init; }

    /// <summary>The browser's User-Agent.</summary>
    public required string? Client { get; init; }

    /// <summary>The address from which the user signed in.</summary>
    public required string? Address { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>When it was last used, accurate to about a minute.</summary>
    public required DateTimeOffset UsedAt { get; init; }

    /// <summary>When it ends at the latest, even if it is in use.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The number of running requests, such as uploads and event streams.</summary>
    public required int Running { get; init; }

    /// <summary>Bytes of files today (UTC), as its limits count them.</summary>
    public required long ReceivedToday { get; init; }

    /// <summary>Bytes of files today (UTC), as its limits count them.</summary>
    public required long SentToday { get; init; }

    /// <summary>Whether it is the session of this request.</summary>
    public required bool Current { get; init; }

    /// <summary>The signed-in user's activity in this tenant, with all browsers and keys.</summary>
    public required ActivityView Activity { get; init; }

    public static ActiveSubject SubjectOf(BrowserSession session) => new(
        session.Tenant, session.User is { } user ? Caller.UserSubject(user) : Caller.Operator.Subject);

    public static SignInSessionView Of(BrowserSession session, Caller caller, ActivityView activity, DayBook days, int running)
    {
        var id = session.Id.ToString("n");
        var counted = LimitTarget.OfSession(session.Tenant, id);
        return new()
        {
            Id = id,
            Subject = SubjectOf(session).Subject,
            Tenant = session.Tenant,
            Client = session.Origin.Client,
            Address = session.Origin.Address,
            Since = session.CreatedAt,
            UsedAt = session.UsedAt,
            ExpiresAt = session.ExpiresAt,
            Running = running,
            ReceivedToday = days.Used(counted, FlowDirection.Receive),
            SentToday = days.Used(counted, FlowDirection.Send),
            Current = caller.Credential.Kind == CredentialKind.Session && caller.Credential.Id == id,
            Activity = activity,
        };
    }
}

/// <summary>GET /api/sign-ins: lists signed-in browsers, the most recently used first.</summary>
internal static class ListSignIns
{
    public const string Path = "/api/sign-ins";

    /// <summary>The parameter for the user whose sessions are listed.</summary>
    public const string UserParameter = "user";

    private const int Most = 500;

    public static IReadOnlyList<EndpointDoc.Parameter> Query { get; } =
        [new(UserParameter, "The id of a user whom the caller manages; missing: the caller's own.", Examples.Id)];

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Self).Document(Doc);

    /// <summary>Returns the user whose sessions are requested; both null for the sessions of all users.</summary>
    public static async Task<(Guid? User, Refusal? Refusal)> UserOfAsync(HttpContext context, IPeopleLedger people)
    {
        var reader = new QueryReader(context.Request.Query, UserParameter);
        var named = reader.Text(UserParameter);
        if (reader.Refusal is { } refusal)
            return (null, refusal);
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var authority = await Authority.OfAsync(caller, people, stop);
        if (named is not null)
        {
            if (await PeopleRoutes.FindAsync(named, authority, people, stop) is not { } user)
                return (null, PeopleRoutes.NoSuchUser);
            return authority.Manages(user) ? (user.Id, null) : (null, PeopleRoutes.NotManaged);
        }

        if (Reauthentication.AccountOf(caller) is { } own)
            return (own, null);
        return authority.GrantsAll && caller.User is null ? (null, null) : (null, Reauthentication.NeedsSession);
    }

    private static async Task<IResult> HandleAsync(
        HttpContext context, IPeopleLedger people, IBrowserSessionLedger sessions, Activities activities, DayBook days,
        RunningCallers callers)
    {
        var (user, refusal) = await UserOfAsync(context, people);
        if (refusal is not null)
            return refusal;
        var found = await sessions.ListAsync(user, Most, context.RequestAborted);
        var activityOf = await activities.OfAsync([.. found.Select(SignInSessionView.SubjectOf)], context.RequestAborted);
        var running = callers.Counts;
        var views = found.Select(session => SignInSessionView.Of(
            session, context.Caller(), activityOf(SignInSessionView.SubjectOf(session)), days,
            running.GetValueOrDefault((CredentialKind.Session, session.Id.ToString("n")))));
        return JsonAnswer.Of(
            new ListOf<SignInSessionView>([.. views], null),
            ApiJson.Out.ListOfSignInSessionView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ListSignIns), "List the browsers that are signed in",
        $"Of the user who is signed in; administrators name another with ?{UserParameter}=. With the operator key: of all users, {Most} at "
            + $"most. A user has at most {BrowserSessions.MostOfUser}: one more ends the one that was unused the longest.")
    {
        Query = Query,
        Answers = [new(200, "The sessions.", typeof(ListOf<SignInSessionView>), Examples.Page(PeopleRoutes.SignInExample))],
        Errors = [RequestError.NoSuchUser],
    };
}
