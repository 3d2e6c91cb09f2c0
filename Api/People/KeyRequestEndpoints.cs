using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Devices;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using FluentValidation;
using Microsoft.AspNetCore.WebUtilities;

namespace ChunkUpload.Api.People;

/// <summary>A program's request for a key, for the person who must confirm it.</summary>
internal sealed record KeyRequestView
{
    public const string Example = """
        {"code":"WDJB-MJHT","program":"cu 1.4.0","machine":"laptop","address":"192.0.2.7","createdAt":"2026-01-15T09:30:00.000Z",
         "ageSeconds":12,"expiresAt":"2026-01-15T09:40:00.000Z","scopes":["upload","read","list"],"kind":"own","here":false}
        """;

    public required string Code { get; init; }

    /// <summary>The name that the program reports. It is not verified.</summary>
    public required string Program { get; init; }

    public required string? Machine { get; init; }

    /// <summary>The address of the program.</summary>
    public required string? Address { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The age of the request by the service's clock.</summary>
    public required int AgeSeconds { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The scopes that it would get: the requested ones that the person has.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>own: the key acts as the person; tenant: it acts as itself, because the operator key confirms it.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether the browser is redirected to a program on the same machine.</summary>
    public required bool Here { get; init; }
}

internal sealed record KeyConfirmBody
{
    /// <summary>How long the key is valid; until it is revoked if missing.</summary>
    public int? Days { get; init; }

    /// <summary>The current password. A user without a password must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The code of the second factor, if the user has one.</summary>
    public string? Code { get; init; }
}

internal sealed class KeyConfirmValidator : AbstractValidator<KeyConfirmBody>
{
    public KeyConfirmValidator()
    {
        RuleFor(body => body.Days).InclusiveBetween(1, NewKeyValidator.MostDays).When(body => body.Days is not null)
            .OverridePropertyName("days").WithMessage($"days must be a whole number from 1 to {NewKeyValidator.MostDays}.");
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

/// <param name="Redirect">The address to which the browser is redirected; null if the program polls for its key.</param>
internal sealed record KeyAnswerView(string? Redirect);

/// <summary>Shows, confirms and refuses requests of programs for keys. Only a signed-in browser may do that.</summary>
internal static class KeyRequestEndpoints
{
    public const string Path = "/api/key-requests/{code}";

    private const int PerMinute = 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Self).Document(GetDoc);
        routes.MapPost($"{Path}/confirm", ConfirmAsync).RequireAuthorization(AccessPolicy.Self).Document(ConfirmDoc);
        routes.MapPost($"{Path}/refuse", RefuseAsync).RequireAuthorization(AccessPolicy.Self).Document(RefuseDoc);
    }

    private static async Task<IResult> GetAsync(
        string code, HttpContext context, KeyRequests requests, RateBook rates, TimeProvider time)
    {
        var (request, refusal) = await FindAsync(code, context, requests, rates);
        if (request is null)
            return refusal!;
        var caller = context.Caller();
        return JsonAnswer.Of(
            new KeyRequestView
            {
                Code = BeginKeyRequest.Shown(request.Code),
                Program = request.Program,
                Machine = request.Machine,
                Address = request.Address,
                CreatedAt = request.CreatedAt,
                AgeSeconds = (int)Math.Max(0, (time.GetUtcNow() - request.CreatedAt).TotalSeconds),
                ExpiresAt = request.ExpiresAt,
                Scopes = ScopeNames.Of(request.Scopes & caller.Scopes),
                Kind = caller.User is null ? KeyRules.TenantKind : KeyRules.OwnKind,
                Here = request.Redirect is not null,
            },
            ApiJson.Out.KeyRequestView);
    }

    private static async Task<IResult> ConfirmAsync(
        string code, HttpContext context, IValidator<KeyConfirmBody> validator, KeyRequests requests, RateBook rates,
        Reauthentication again, TimeProvider time)
    {
        // Check before the body is read.
        if (context.Caller().Credential.Kind != CredentialKind.Session)
            return NeedsPage;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.KeyConfirmBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (request, refusal) = await FindAsync(code, context, requests, rates);
        if (request is null)
            return refusal!;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var scopes = request.Scopes & caller.Scopes;
        if (scopes == Scopes.None)
            return PeopleRoutes.NotGranted;

        // As for creating a key. A request is refused after a number of wrong passwords.
        if (Reauthentication.AccountOf(caller) is { } account
            && await again.RefusalAsync(account, caller.Credential, body.CurrentPassword, body.Code, stop) is { } wrong)
        {
            if (body.CurrentPassword is not null && wrong.Error == RequestError.InvalidField)
                await requests.FailedAsync(request, stop);
            return wrong;
        }

        var ends = body.Days is { } days ? time.GetUtcNow().AddDays(days) : (DateTimeOffset?)null;
        var (done, grant) = await requests.ConfirmAsync(
            request, new GrantedKey(caller.Tenant, caller.User, caller.Subject, scopes, ends), stop);
        return done ? Answer(request, ("code", grant)) : NoSuchRequest;
    }

    private static async Task<IResult> RefuseAsync(string code, HttpContext context, KeyRequests requests, RateBook rates)
    {
        var (request, refusal) = await FindAsync(code, context, requests, rates);
        if (request is null)
            return refusal!;
        return await requests.RefuseAsync(request, context.RequestAborted) ? Answer(request, ("error", "access_denied")) : NoSuchRequest;
    }

    private static Refusal NeedsPage { get; } = Refusal.Of(
        RequestError.NotPermitted,
        "A program can only be confirmed by a user who is signed in in a browser: open the page that the program shows.");

    private static Refusal NoSuchRequest => Refusal.Of(
        RequestError.NoSuchKeyRequest,
        "No program waits with this code. Compare it with what the program shows; after ten minutes it asks for another one.");

    private static async Task<(KeyRequest? Request, Refusal? Refusal)> FindAsync(
        string code, HttpContext context, KeyRequests requests, RateBook rates)
    {
        var caller = context.Caller();
        if (caller.Credential.Kind != CredentialKind.Session)
            return (null, NeedsPage);
        // Prevents guessing the code of another person's program.
        if (rates.TryTake(new LimitTarget(LimitScope.User, "", caller.Subject), "keyRequestCodes", PerMinute) is { } wait)
            return (null, SignIn.TooMany(wait, "with codes of programs"));
        return await requests.FindAsync(code, context.RequestAborted) is { } found ? (found, null) : (null, NoSuchRequest);
    }

    /// <summary>Returns the address that redirects the browser to the program, if the program waits for it.</summary>
    private static JsonAnswer<KeyAnswerView> Answer(KeyRequest request, (string Name, string? Value) field)
    {
        var fields = new List<KeyValuePair<string, string?>> { KeyValuePair.Create(field.Name, field.Value) };
        if (request.State is { } state)
            fields.Add(KeyValuePair.Create("state", (string?)state));
        return JsonAnswer.Of(
            new KeyAnswerView(request.Redirect is { } address ? QueryHelpers.AddQueryString(address, fields) : null),
            ApiJson.Out.KeyAnswerView);
    }

    private static EndpointDoc GetDoc => new(
        PeopleRoutes.Keys, "GetKeyRequest", "Show a program's request for a key",
        "Who asks with this code, from where and since when, and what it would get. Programs ask by RFC 8628 (docs/login.md). For "
            + "signed-in browsers.")
    {
        Answers = [new(200, "The request.", typeof(KeyRequestView), KeyRequestView.Example)],
        Errors = [RequestError.NoSuchKeyRequest, RequestError.TooManyAttempts],
    };

    private static EndpointDoc ConfirmDoc => new(
        PeopleRoutes.Keys, "ConfirmKeyRequest", "Confirm a program's request for a key",
        "The program then fetches a key of its own, which is listed with the other keys. Like making a key, it needs the current password, "
            + "and a code if there is a second factor; a request allows five wrong ones.")
    {
        Json = new(typeof(KeyConfirmBody), """{"days":365,"currentPassword":"correct horse battery"}"""),
        Answers = [new(200, "It is confirmed.", typeof(KeyAnswerView), """{"redirect":null}""")],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.NoSuchKeyRequest],
    };

    private static EndpointDoc RefuseDoc => new(
        PeopleRoutes.Keys, "RefuseKeyRequest", "Refuse a program's request for a key", "The program is notified, and its code expires.")
    {
        Answers = [new(200, "It is refused.", typeof(KeyAnswerView), """{"redirect":null}""")],
        Errors = [RequestError.NoSuchKeyRequest, RequestError.TooManyAttempts],
    };
}
