using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record NewKeyBody
{
    /// <summary>The display name, such as the key's purpose.</summary>
    public string? Name { get; init; }

    /// <summary>upload, read, delete, list, jobs, operate, admin: at most what the caller may do.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>own (default for users): acts as the user; tenant (for administrators): acts as itself.</summary>
    public string? Kind { get; init; }

    /// <summary>The tenant of a tenant's key; the caller's tenant if missing.</summary>
    public string? Tenant { get; init; }

    /// <summary>When it expires; if this and days are missing, it is valid until it is revoked.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Instead of expiresAt: the number of days for which it is valid.</summary>
    public int? Days { get; init; }

    /// <summary>Required in a user's browser session. A user without a password must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The code of the second factor, if the user has one and the current password is required.</summary>
    public string? Code { get; init; }
}

internal sealed class NewKeyValidator : AbstractValidator<NewKeyBody>
{
    public const int MostDays = 3650;

    public NewKeyValidator(TimeProvider time)
    {
        RuleFor(body => body.Name).MustBeTitle("name", needed: true);
        RuleFor(body => body.Scopes).Must(scopes => scopes is { Count: > 0 } && ScopeNames.Parse(scopes) is not null)
            .OverridePropertyName("scopes").WithMessage($"scopes must name one or more of {string.Join(", ", ScopeNames.All)}.");
        RuleFor(body => body.Kind).Must(kind => kind is null or KeyRules.OwnKind or KeyRules.TenantKind)
            .OverridePropertyName("kind").WithMessage("kind must be own or tenant.");
        RuleFor(body => body.Tenant).Must(PersonText.IsTenantName).When(body => body.Tenant is not null)
            .OverridePropertyName("tenant").WithMessage("tenant must be the name of a tenant.");
        RuleFor(body => body.Days).InclusiveBetween(1, MostDays).When(body => body.Days is not null)
            .OverridePropertyName("days").WithMessage($"days must be a whole number from 1 to {MostDays}.");
        RuleFor(body => body.ExpiresAt).Must((body, at) => body.Days is null && at > time.GetUtcNow())
            .When(body => body.ExpiresAt is not null).OverridePropertyName("expiresAt")
                .WithMessage("expiresAt must lie in the future; send it or days, not both.");
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

/// <summary>POST /api/keys: creates a key. Only this response contains its secret.</summary>
internal static class AddKey
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(ListKeys.Path, HandleAsync).RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewKeyBody> validator, IPeopleLedger people, Reauthentication again, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewKeyBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;

        // 1. Determine the owner and the tenant of the key.
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var authority = await Authority.OfAsync(caller, people, stop);
        var own = body.Kind is null ? caller.User is not null : body.Kind == KeyRules.OwnKind;
        var tenant = body.Tenant ?? caller.Tenant;
        if (own ? tenant != caller.Tenant : tenant != caller.Tenant && !authority.Administers(tenant))
            return PeopleRoutes.NoSuchTenant;
        if (own && caller.User is null)
            return Refusal.Of(
                RequestError.NotPermitted, "You are not signed in as a user; make a key of the tenant with \"kind\":\"tenant\".");
        if (!own && !authority.Administers(tenant))
            return Refusal.Of(RequestError.NotPermitted, "Only administrators make keys of the tenant; make one of your own.");
        if (await people.FindTenantAsync(tenant, stop) is not { RemovedAt: null })
            return PeopleRoutes.NoSuchTenant;

        // 2. Determine the scopes and the expiry.
        var scopes = ScopeNames.Parse(body.Scopes!)!.Value;
        var ends = body.Days is { } days ? time.GetUtcNow().AddDays(days) : body.ExpiresAt?.ToUniversalTime();
        if (!authority.MayGrant(scopes))
            return PeopleRoutes.NotGranted;
        if (await KeyRules.LatestEndAsync(caller, people, stop) is { } latest && (ends ?? DateTimeOffset.MaxValue) > latest)
            ends = latest;

        // 3. A key stays valid after a change of the password, so a stolen session must not create one.
        if (Reauthentication.AccountOf(caller) is { } account
            && await again.RefusalAsync(account, caller.Credential, body.CurrentPassword, body.Code, stop) is { } refusal)
            return refusal;

        // 4.
        var (secret, shown) = KeySecret.New();
        var key = new ApiKey(
            Guid.NewGuid(), tenant, own ? caller.User : null, body.Name!, shown, scopes, caller.Subject, time.GetUtcNow(), ends, null, null)
        {
            MadeWith = caller.ApiKey,
        };
        await people.AddKeyAsync(key, KeySecret.Hash(secret), stop);
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{ListKeys.Path}/{key.Id:n}");
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Of(new IssuedKeyView(KeyView.Of(key), secret), ApiJson.Out.IssuedKeyView, StatusCodes.Status201Created);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.Keys, nameof(AddKey), "Make a key",
        """
        Keep the secret: it is shown only in this answer. A key of your own acts as you; a key of the tenant acts as itself and outlives the
        people who made it. A key that is made by a key ends with it: when that
        one expires, is revoked or is removed. In a browser session, users send their current password, and a code where there is a second
        factor; a user without a password must have signed in within ten minutes.

            curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"name":"backup","scopes":["upload","list"],"days":365}' http://127.0.0.1:8080/api/keys
        """)
    {
        Json = new(typeof(NewKeyBody), """{"name":"backup","scopes":["upload","list"],"days":365}"""),
        Answers =
        [
            new(201, "The key and its secret.", typeof(IssuedKeyView), KeyView.NewExample)
            { Headers = [new("Location", "The key.", $"/api/keys/{Examples.Id}")] },
        ],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.NoSuchTenant],
    };
}
