using ChunkUpload.Api.People;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Uploads;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

internal sealed record NewTransferBody
{
    /// <summary>What it is for, for people.</summary>
    public string? Label { get; init; }

    public TransferSourceBody? Source { get; init; }

    public TransferDestinationBody? Destination { get; init; }

    public TransferOptionsBody? Options { get; init; }

    /// <summary>low, normal (default) or high.</summary>
    public string? Priority { get; init; }

    /// <summary>Whether it waits for the approval of its plan; default false.</summary>
    public bool? Plan { get; init; }

    /// <summary>When it ends, whatever is left: what is not done by then has failed.</summary>
    public DateTimeOffset? Deadline { get; init; }

    public TransferDraft ToDraft() => new(
        Label ?? "", IdOf(Source!.Connection), Source.Items!, IdOf(Destination!.Connection), Destination.Folder!)
    {
        Options = TransferOptionsBody.ToOptions(Options),
        Priority = TransferOptionsBody.PriorityOf(Priority),
        Plan = Plan == true,
        Deadline = Deadline,
    };

    private static Guid? IdOf(string? id) => id is null ? null : Guid.ParseExact(id, "N");
}

internal sealed record TransferSourceBody
{
    /// <summary>The connection's id; missing: the files of this service.</summary>
    public string? Connection { get; init; }

    /// <summary>The ids of files and folders. A folder is moved with everything in it.</summary>
    public IReadOnlyList<string>? Items { get; init; }
}

internal sealed record TransferDestinationBody
{
    /// <summary>The connection's id; missing: the files of this service.</summary>
    public string? Connection { get; init; }

    /// <summary>The id of a folder there.</summary>
    public string? Folder { get; init; }
}

internal sealed class NewTransferValidator : AbstractValidator<NewTransferBody>
{
    private const int MostItems = 100;
    private const int LongestId = 512;

    public NewTransferValidator()
    {
        RuleFor(body => body.Label).MustBeTitle("label", needed: false);
        RuleFor(body => body.Priority).Must(word => word is null or "low" or "normal" or "high")
            .OverridePropertyName("priority").WithMessage("priority must be low, normal or high.");
        RuleFor(body => body.Source).Must(source => source is not null && IsId(source.Connection))
            .OverridePropertyName("source").WithMessage("source must have the items, and the id of a connection unless they are here.");
        RuleFor(body => body.Source!.Items)
            .Must(items => items is { Count: > 0 and <= MostItems } && items.All(id => id is { Length: > 0 and <= LongestId })
                && items.Distinct().Count() == items.Count)
            .When(body => body.Source is not null)
            .OverridePropertyName("source.items").WithMessage($"source.items must name 1 to {MostItems} files or folders, each once.");
        RuleFor(body => body.Destination)
            .Must(to => to is { Folder.Length: > 0 and <= LongestId } && IsId(to.Connection))
            .OverridePropertyName("destination").WithMessage("destination must have the id of a folder and that of its connection.");
        RuleFor(body => body.Options).Custom(TransferOptionsRules.Check);
    }

    internal static bool IsId(string? id) => id is null || UploadId.TryParse(id, out _);
}
