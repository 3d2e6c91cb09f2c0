using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record TenantChangeBody
{
    public string? Title { get; init; }

    /// <summary>True disables its users and keys within two seconds; false enables them again.</summary>
    public bool? Suspended { get; init; }
}

internal sealed class TenantChangeValidator : AbstractValidator<TenantChangeBody>
{
    public TenantChangeValidator() => RuleFor(body => body.Title).MustBeTitle("title", needed: false);
}

/// <summary>PATCH /api/tenants/{name}: changes the fields that are present.</summary>
internal static class ChangeTenant
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(GetTenant.Path, HandleAsync).RequireAuthorization(AccessPolicy.Operator).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string name, HttpContext context, IValidator<TenantChangeBody> validator, IPeopleLedger people, Credentials credentials)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.TenantChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var stop = context.RequestAborted;
        if (!PersonText.IsTenantName(name) || !await people.ChangeTenantAsync(name, body.Title, body.Suspended, stop)
            || await people.FindTenantAsync(name, stop) is not { } tenant)
            return PeopleRoutes.NoSuchTenant;
        credentials.Forget();
        return JsonAnswer.Of(TenantView.Of(tenant), ApiJson.Out.TenantView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.Tenants, nameof(ChangeTenant), "Change or suspend a tenant",
        "For operators. Suspended, its users and keys stop within two seconds; what its running uploads have sent is kept.")
    {
        Json = new(typeof(TenantChangeBody), """{"suspended":true}"""),
        Answers = [new(200, "The tenant.", typeof(TenantView), TenantView.Example)],
        Errors = [RequestError.NoSuchTenant],
    };
}
