using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

/// <summary>The transfer of a schedule or a template. It can be sent to POST /api/transfers unchanged.</summary>
internal sealed record DraftView
{
    public const string Example = $$"""
        {"label":"Photos to Drive","source":{"connection":null,"items":["{{Examples.Id}}"]},
         "destination":{"connection":"{{Examples.Id}}","folder":"1dyUEebJaFnWa3Z4n0BFMVAXQ7mfUH11g"},
         "options":{{TransferOptionsBody.Example}},"priority":"normal"}
        """;

    public required string? Label { get; init; }

    public required DraftSourceView Source { get; init; }

    public required DraftDestinationView Destination { get; init; }

    public required TransferOptionsBody Options { get; init; }

    public required string Priority { get; init; }

    public static DraftView Of(TransferDraft draft) => new()
    {
        Label = draft.Label.Length == 0 ? null : draft.Label,
        Source = new DraftSourceView(draft.Source?.ToString("n"), draft.Items),
        Destination = new DraftDestinationView(draft.Destination?.ToString("n"), draft.Folder),
        Options = TransferOptionsBody.Of(draft.Options),
        Priority = TransferOptionsBody.WordOf(draft.Priority),
    };
}

/// <param name="Connection">The connection; null for the files of this service.</param>
internal sealed record DraftSourceView(string? Connection, IReadOnlyList<string> Items);

/// <param name="Connection">The connection; null for the files of this service.</param>
internal sealed record DraftDestinationView(string? Connection, string Folder);

/// <summary>A request that stores a transfer.</summary>
internal interface IKeepsTransfer
{
    NewTransferBody? Transfer { get; }
}

/// <summary>The rules for the transfer of a schedule or a template.</summary>
internal abstract class KeptTransferValidator<T> : AbstractValidator<T>
    where T : IKeepsTransfer
{
    protected KeptTransferValidator(bool needed = true)
    {
        RuleFor(body => body.Transfer).Must(transfer => transfer is not null || !needed)
            .OverridePropertyName("transfer").WithMessage("transfer must say what is moved and where to.");
        When(body => body.Transfer is not null, () =>
        {
            RuleFor(body => body.Transfer!).SetValidator(new NewTransferValidator()).OverridePropertyName("transfer");
            RuleFor(body => body.Transfer!.Source).Must(source => source?.Addresses is null)
                .OverridePropertyName("transfer.source.addresses")
                .WithMessage("transfer.source.addresses cannot be stored: they may be secrets. Send them to POST /api/transfers.");
            RuleFor(body => body.Transfer!.Plan).Must(plan => plan != true)
                .OverridePropertyName("transfer.plan").WithMessage("transfer.plan cannot be used here: a plan is reviewed once.");
            RuleFor(body => body.Transfer!.Deadline).Must(deadline => deadline is null)
                .OverridePropertyName("transfer.deadline")
                .WithMessage("transfer.deadline cannot be used here: it would have passed the next time.");
        });
    }
}
