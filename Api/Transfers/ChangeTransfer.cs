using System.Text.Json.Serialization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

/// <summary>PATCH /api/transfers/{id}: changes its name, priority, speed, times and deadline, also while it runs.</summary>
internal static class ChangeTransfer
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(TransferRoutes.One, HandleAsync).RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IValidator<TransferChangeBody> validator, ITransferLedger transfers, TransferRights rights,
        WorkQueue queue, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.TransferChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (TransferRoutes.FaultOf(body.Deadline, "deadline", time.GetUtcNow()) is { } late)
            return late;
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        var changed = transfer with
        {
            Label = body.Label ?? transfer.Label,
            Priority = body.Priority is null ? transfer.Priority : TransferOptionsBody.PriorityOf(body.Priority),
            Deadline = body.HasDeadline ? body.Deadline : transfer.Deadline,
            Options = transfer.Options with
            {
                Bandwidth = string.IsNullOrWhiteSpace(body.Bandwidth) ? transfer.Options.Bandwidth
                    : body.Bandwidth.Trim().Equals(BandwidthRate.Off, StringComparison.OrdinalIgnoreCase) ? null : body.Bandwidth.Trim(),
                TimeZone = string.IsNullOrWhiteSpace(body.TimeZone) ? transfer.Options.TimeZone : body.TimeZone,
            },
        };
        if (!await transfers.EditAsync(changed, context.RequestAborted))
            return TransferRoutes.Ended;
        // Files that are being copied resume with the new timetable.
        if (changed.Options != transfer.Options)
            rights.Stop(transfer.Id);
        queue.Wake();
        return await transfers.FindAsync(context.Caller(), transfer.Id, context.RequestAborted) is { } now
            ? JsonAnswer.Of(TransferView.Of(now, time.GetUtcNow(), now.Subject), ApiJson.Out.TransferView)
            : TransferRoutes.Absent;
    }

    private static EndpointDoc Doc => new(
        TransferRoutes.Tag, nameof(ChangeTransfer), "Change a transfer",
        "Missing fields do not change; null removes a deadline. Only for the owner; it applies to a running transfer at once.")
    {
        Json = new(typeof(TransferChangeBody), """{"priority":"high","bandwidth":"08:00,2M 18:00,off","timeZone":"Europe/Berlin"}"""),
        Answers = [new(200, "The transfer as it is now.", typeof(TransferView), TransferView.Example)],
        Errors = [RequestError.NoSuchTransfer, RequestError.TransferEnded],
    };
}

internal sealed record TransferChangeBody
{
    public string? Label { get; init; }

    /// <summary>low, normal or high.</summary>
    public string? Priority { get; init; }

    /// <summary>The bandwidth as in the options; off for no limit.</summary>
    public string? Bandwidth { get; init; }

    public string? TimeZone { get; init; }

    /// <summary>The deadline; null removes it.</summary>
    public DateTimeOffset? Deadline
    {
        get;
        set => (field, HasDeadline) = (value, true);
    }

    [JsonIgnore]
    public bool HasDeadline { get; private set; }
}

internal sealed class TransferChangeValidator : AbstractValidator<TransferChangeBody>
{
    public TransferChangeValidator()
    {
        RuleFor(body => body.Label).MustBeTitle("label", needed: false);
        RuleFor(body => body.Priority).Must(word => word is null or "low" or "normal" or "high")
            .OverridePropertyName("priority").WithMessage("priority must be low, normal or high.");
        RuleFor(body => body).Custom((body, context) => TransferOptionsRules.Check(
            new TransferOptionsBody { Bandwidth = body.Bandwidth, TimeZone = body.TimeZone }, context));
    }
}
