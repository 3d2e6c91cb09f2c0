using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

/// <summary>/api/templates: named templates with source, destination and options.</summary>
internal static class TransferTemplates
{
    private const string Tag = "Transfer templates";
    private const string All = "/api/templates";
    private const string One = All + "/{id}";
    private const int Most = 200;

    private static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchTemplate, "You have no template with this id. GET /api/templates lists them.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ListDoc);
        routes.MapPost(All, AddAsync).RequireAuthorization(AccessPolicy.Transfers).Document(AddDoc);
        routes.MapGet(One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapDelete(One, RemoveAsync).RequireAuthorization(AccessPolicy.Transfers).Document(RemoveDoc);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IScheduleLedger ledger)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } fault)
            return fault;
        var found = await ledger.ListTemplatesAsync(context.Caller(), context.RequestAborted);
        return JsonAnswer.Of(
            new ListOf<TransferTemplateView>([.. found.Select(TransferTemplateView.Of)], null), ApiJson.Out.ListOfTransferTemplateView);
    }

    private static async Task<IResult> AddAsync(
        HttpContext context, IValidator<NewTemplateBody> validator, IScheduleLedger ledger, TransferMaker maker, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(
            context, ApiJson.In.NewTemplateBody, validator, null, context.RequestAborted, NewTransferValidator.MostBytes);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        var (named, refusal) = await maker.LookAsync(caller, body.Transfer!.ToDraft(), context.RequestAborted);
        if (named is null)
            return AddTransfer.RefusalOf(refusal!);
        var template = new TransferTemplate(Guid.NewGuid(), caller.Tenant, caller.Subject, body.Title!, named, time.GetUtcNow());
        if (!await ledger.AddTemplateAsync(template, Most, context.RequestAborted))
            return Refusal.Of(RequestError.TooManyTransfers, $"A user has at most {Most} templates; delete one first.");
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{All}/{template.Id:n}");
        return JsonAnswer.Of(TransferTemplateView.Of(template), ApiJson.Out.TransferTemplateView, StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, IScheduleLedger ledger) =>
        UploadId.TryParse(id, out var parsed)
        && await ledger.FindTemplateAsync(context.Caller(), parsed.Value, context.RequestAborted) is { } template
            ? JsonAnswer.Of(TransferTemplateView.Of(template), ApiJson.Out.TransferTemplateView)
            : Absent;

    private static async Task<IResult> RemoveAsync(string id, HttpContext context, IScheduleLedger ledger) =>
        UploadId.TryParse(id, out var parsed)
        && await ledger.RemoveTemplateAsync(context.Caller(), parsed.Value, context.RequestAborted)
            ? Results.NoContent()
            : Absent;

    private static EndpointDoc ListDoc => new(Tag, "ListTransferTemplates", "List templates", "Your own, by their titles.")
    {
        Answers =
            [new(200, "All of them.", typeof(ListOf<TransferTemplateView>), Examples.Page(TransferTemplateView.Example))],
        Errors = [RequestError.InvalidParameter],
    };

    private static EndpointDoc AddDoc => new(
        Tag, "AddTransferTemplate", "Keep a transfer as a template",
        "Both ends are checked. `transfer` of the answer can be sent to `POST /api/transfers` as it is.")
    {
        Json = new(
            typeof(NewTemplateBody),
            $$"""
            {"title":"Photos",
             "transfer":{"source":{"items":["{{Examples.Id}}"]},"destination":{"connection":"{{Examples.Id}}","folder":"root"} } }
            """),
        Answers =
        [
            new(201, "The template.", typeof(TransferTemplateView), TransferTemplateView.Example)
            { Headers = [new("Location", "The template.", $"{All}/{Examples.Id}")] },
        ],
        Errors = TransferSchedules.DraftFaults,
    };

    private static EndpointDoc GetDoc => new(Tag, "GetTransferTemplate", "Show a template", "Source, destination and options.")
    {
        Answers = [new(200, "The template.", typeof(TransferTemplateView), TransferTemplateView.Example)],
        Errors = [RequestError.NoSuchTemplate],
    };

    private static EndpointDoc RemoveDoc => new(
        Tag, "RemoveTransferTemplate", "Delete a template", "Transfers and schedules that were made from it stay.")
    {
        Answers = [new(204, "It is gone.")],
        Errors = [RequestError.NoSuchTemplate],
    };
}

internal sealed record NewTemplateBody : IKeepsTransfer
{
    public string? Title { get; init; }

    /// <summary>The transfer as for POST /api/transfers, without plan and deadline.</summary>
    public NewTransferBody? Transfer { get; init; }
}

internal sealed class NewTemplateValidator : KeptTransferValidator<NewTemplateBody>
{
    public NewTemplateValidator()
    {
        RuleFor(body => body.Title).MustBeTitle("title", needed: true);
    }
}

/// <param name="Names">The names of the items when the template was stored.</param>
internal sealed record TransferTemplateView(
    string Id, string Title, DraftView Transfer, IReadOnlyList<string> Names, string FolderName, DateTimeOffset CreatedAt)
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","title":"Photos","transfer":{{DraftView.Example}},"names":["Photos"],
         "folderName":"Holidays","createdAt":"2026-01-15T09:30:00.000Z"}
        """;

    public static TransferTemplateView Of(TransferTemplate template) =>
        new(template.Id.ToString("n"), template.Title, DraftView.Of(template.Draft.Draft), template.Draft.Names, template.Draft.FolderName,
            template.MadeAt);
}
