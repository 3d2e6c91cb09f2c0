using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

internal sealed record ProjectRulesChangeBody
{
    /// <summary>Whether devices may send files directly to other devices, without checker and quotas.</summary>
    public bool? Straight { get; init; }
}

internal sealed class ProjectRulesValidator : AbstractValidator<ProjectRulesChangeBody>
{
    public ProjectRulesValidator() => RuleFor(body => body.Straight).NotNull().OverridePropertyName("straight")
        .WithMessage("straight must be true or false.");
}

/// <param name="Straight">Whether devices may send files directly to other devices.</param>
internal sealed record ProjectRulesView(bool Straight);

/// <summary>GET and PATCH /api/project-rules: the rules of a tenant for its projects.</summary>
internal static class StraightRules
{
    private const string Path = "/api/project-rules";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(GetDoc);
        routes.MapPatch(Path, ChangeAsync).RequireAuthorization(AccessPolicy.Admin).Document(ChangeDoc);
    }

    private static async Task<IResult> GetAsync(HttpContext context, IStraightLedger ledger) =>
        new QueryReader(context.Request.Query).Refusal is { } fault ? fault : await AnswerAsync(context, ledger);

    private static async Task<IResult> ChangeAsync(
        HttpContext context, IValidator<ProjectRulesChangeBody> validator, IStraightLedger ledger, StraightBook book)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.ProjectRulesChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        await ledger.AllowAsync(context.Caller(), body.Straight!.Value, context.RequestAborted);
        // Running direct transfers stop within seconds, with the next request of the devices.
        if (body.Straight == false)
            book.End(context.Caller().Tenant);
        return await AnswerAsync(context, ledger);
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, IStraightLedger ledger) => JsonAnswer.Of(
        new ProjectRulesView(await ledger.IsAllowedAsync(context.Caller().Tenant, context.RequestAborted)),
        ProjectJson.Out.ProjectRulesView);

    private static EndpointDoc GetDoc => new(
        ProjectRoutes.Tag, "GetProjectRules", "Show the rules of projects", "The rules of the tenant for all its projects.")
    {
        Answers = [new(200, "The rules.", typeof(ProjectRulesView), """{"straight":true}""")],
        Errors = [RequestError.InvalidParameter],
    };

    private static EndpointDoc ChangeDoc => new(
        ProjectRoutes.Tag, "ChangeProjectRules", "Change the rules of projects",
        "For administrators of the tenant. `straight` false forbids that devices send files to other devices themselves, where no checker "
            + "and no quota sees the bytes. What runs stops within seconds; then the files come through the service.")
    {
        Json = new(typeof(ProjectRulesChangeBody), """{"straight":false}"""),
        Answers = [new(200, "The rules.", typeof(ProjectRulesView), """{"straight":false}""")],
        Errors = [],
    };
}
