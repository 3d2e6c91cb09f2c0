using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record NewTenantBody
{
    /// <summary>Lower-case letters, digits and hyphens; it never changes.</summary>
    public string? Name { get; init; }

    /// <summary>The display name; the name if missing.</summary>
    public string? Title { get; init; }
}

internal sealed class NewTenantValidator : AbstractValidator<NewTenantBody>
{
    public NewTenantValidator()
    {
        RuleFor(body => body.Name).Must(PersonText.IsTenantName).OverridePropertyName("name").WithMessage(PersonText.TenantNameRule);
        RuleFor(body => body.Title).MustBeTitle("title", needed: false);
    }
}

/// <summary>POST /api/tenants: creates a tenant.</summary>
internal static class AddTenant
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(ListTenants.Path, HandleAsync).RequireAuthorization(AccessPolicy.Operator).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, IValidator<NewTenantBody> validator, IPeopleLedger people)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewTenantBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (name, stop) = (body.Name!, context.RequestAborted);
        if (!await people.AddTenantAsync(name, body.Title ?? name, stop) || await people.FindTenantAsync(name, stop) is not { } tenant)
            return Refusal.Of(RequestError.NameInUse, $"A tenant with the name {name} exists already, or its data is still being removed.");
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{ListTenants.Path}/{name}");
        return JsonAnswer.Of(TenantView.Of(tenant), ApiJson.Out.TenantView, StatusCodes.Status201Created);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.Tenants, nameof(AddTenant), "Add a tenant", "For operators. Its files, users and keys are apart from those of others.")
    {
        Json = new(typeof(NewTenantBody), """{"name":"acme","title":"Acme Ltd"}"""),
        Answers =
        [
            new(201, "The tenant.", typeof(TenantView), TenantView.Example)
            { Headers = [new("Location", "The tenant.", "/api/tenants/acme")] },
        ],
        Errors = [RequestError.NameInUse],
    };
}
