using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record TenantChoiceBody
{
    public string? Tenant { get; init; }
}

internal sealed class TenantChoiceValidator : AbstractValidator<TenantChoiceBody>
{
    public TenantChoiceValidator() =>
        RuleFor(body => body.Tenant).Must(PersonText.IsTenantName).OverridePropertyName("tenant")
            .WithMessage("tenant must be the name of a tenant.");
}

/// <summary>POST /api/me/tenant: switches a browser session to another tenant.</summary>
internal static class ChooseTenant
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/me/tenant", HandleAsync).RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<TenantChoiceBody> validator, IPeopleLedger people, ITreeLedger trees,
        IBrowserSessionLedger sessions, Credentials credentials)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.TenantChoiceBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        if (caller.Credential.Kind != CredentialKind.Session || !Guid.TryParse(caller.Credential.Id, out var session))
            return Refusal.Of(RequestError.NotPermitted, "A key stays in its tenant; only a browser session chooses one.");
        var user = caller.User is { } id ? await people.FindUserAsync(id, stop) : null;
        var then = user is null ? caller with { Tenant = body.Tenant! } : user.CallerIn(body.Tenant!, caller.Credential);
        if (then is null || await people.FindTenantAsync(body.Tenant!, stop) is not { IsActive: true })
            return PeopleRoutes.NoSuchTenant;
        await sessions.ChooseTenantAsync(session, body.Tenant!, stop);
        credentials.Forget();
        return JsonAnswer.Of(await GetMe.ViewAsync(then, people, trees, stop), ApiJson.Out.MeView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ChooseTenant), "Choose a tenant",
        "For this browser session: one that the user belongs to; operators may choose any. A key stays in its tenant.")
    {
        Json = new(typeof(TenantChoiceBody), """{"tenant":"default"}"""),
        Answers = [new(200, "The caller in the tenant.", typeof(MeView), MeView.Example)],
        Errors = [RequestError.NoSuchTenant],
    };
}
