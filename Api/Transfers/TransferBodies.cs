using ChunkUpload.Api.Access;
using ChunkUpload.Core.Transfers;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

internal sealed record NewTransferBody
{
    /// <summary>The display name, such as the transfer's purpose.</summary>
    public string? Label { get; init; }

    public TransferSourceBody? Source { get; init; }

    public TransferDestinationBody? Destination { get; init; }

    public TransferOptionsBody? Options { get; init; }

    /// <summary>low, normal (default) or high.</summary>
    public string? Priority { get; init; }

    /// <summary>Whether it waits for the approval of its plan; default false.</summary>
    public bool? Plan { get; init; }

    /// <summary>When it ends even if it is not complete; the remaining files then fail.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Whether it is created even if an equal transfer is open; default false.</summary>
    public bool? AllowEqual { get; init; }

    public TransferDraft ToDraft() => new(
        Label ?? "", IdOf(Source!.Connection), Source.Items ?? [], IdOf(Destination!.Connection), Destination.Folder!)
    {
        Addresses = Source.Addresses ?? [],
        Options = TransferOptionsBody.ToOptions(Options),
        Priority = TransferOptionsBody.PriorityOf(Priority),
        Plan = Plan == true,
        Deadline = Deadline,
    };

    private static Guid? IdOf(string? id) => id is null ? null : Guid.ParseExact(id, "N");
}

internal sealed record TransferSourceBody
{
    /// <summary>The connection's id; the files of this service if missing.</summary>
    public string? Connection { get; init; }

    /// <summary>The ids of files and folders. A folder is copied with its contents.</summary>
    public IReadOnlyList<string>? Items { get; init; }

    /// <summary>
    /// Instead of both: web addresses, such as https://example.org/a.bin, optionally followed by a space and a name for the file.
    /// </summary>
    public IReadOnlyList<string>? Addresses { get; init; }
}

internal sealed record TransferDestinationBody
{
    /// <summary>The connection's id; the files of this service if missing.</summary>
    public string? Connection { get; init; }

    /// <summary>The id of a folder there.</summary>
    public string? Folder { get; init; }
}

/// <summary>The rules of lists of addresses.</summary>
internal static class AddressRules
{
    private const int MostSentences = 10;

    public static void Check(IReadOnlyList<string> lines, int most, string field, Action<string, string> fail)
    {
        if (lines.Count == 0 || lines.Count > most || lines.Distinct(StringComparer.Ordinal).Count() != lines.Count)
        {
            fail(field, $"{field} must have 1 to {most} addresses, each once.");
            return;
        }

        var told = 0;
        for (var i = 0; i < lines.Count && told < MostSentences; i++)
        {
            if (WebAddress.Parse(lines[i], out var fault) is not null)
                continue;
            told++;
            fail(field, $"Line {i + 1}: {fault}");
        }
    }
}

internal sealed class NewTransferValidator : AbstractValidator<NewTransferBody>
{
    /// <summary>Addresses may be long and many, so such a body may be larger than others.</summary>
    public const int MostBytes = 1 << 20;

    private const int MostItems = 100;
    private const int MostAddresses = 1000;

    /// <summary>Ids of S3 are a bucket's name and a key of 1,024 bytes.</summary>
    public const int LongestId = 1200;

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
            .When(body => body.Source is { Addresses: null })
            .OverridePropertyName("source.items").WithMessage($"source.items must name 1 to {MostItems} files or folders, each once.");
        RuleFor(body => body.Source).Must(source => source!.Connection is null && source.Items is null)
            .When(body => body.Source is { Addresses: not null })
            .OverridePropertyName("source").WithMessage("source has either addresses, or items and the id of their connection.");
        RuleFor(body => body.Source).Custom((source, context) =>
        {
            if (source?.Addresses is { } addresses)
                AddressRules.Check(addresses, MostAddresses, "source.addresses", context.AddFailure);
        });
        RuleFor(body => body.Destination)
            .Must(to => to is { Folder.Length: > 0 and <= LongestId } && IsId(to.Connection))
            .OverridePropertyName("destination").WithMessage("destination must have the id of a folder and that of its connection.");
        RuleFor(body => body.Options).Custom(TransferOptionsRules.Check);
    }

    internal static bool IsId(string? id) => id is null || UploadId.TryParse(id, out _);
}
