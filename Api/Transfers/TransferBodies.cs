using ChunkUpload.Api.People;
using ChunkUpload.Core.Limits;
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
}

internal sealed record TransferSourceBody
{
    /// <summary>The connection's id; missing: the files of this service.</summary>
    public string? Connection { get; init; }

    /// <summary>The ids of files and folders. A folder is moved with everything in it.</summary>
    public IReadOnlyList<string>? Items { get; init; }

    /// <summary>
    /// In place of both: addresses of the web, such as https://example.org/a.bin. After a blank one may have the name that the file gets.
    /// </summary>
    public IReadOnlyList<string>? Addresses { get; init; }
}

internal sealed record TransferDestinationBody
{
    /// <summary>The connection's id; missing: the files of this service.</summary>
    public string? Connection { get; init; }

    /// <summary>The id of a folder there.</summary>
    public string? Folder { get; init; }
}

internal sealed record TransferOptionsBody
{
    /// <summary>What makes a file of the same name the same: exists, size, time, checksum (default).</summary>
    public string? Equal { get; init; }

    /// <summary>When a name is taken by another content: skip, replace_older, replace, keep_both (default).</summary>
    public string? Taken { get; init; }

    /// <summary>none, or digest (default): the digests that the storages name are compared.</summary>
    public string? Verify { get; init; }

    /// <summary>Patterns with * and ?. Without "/" they are compared with names, else with paths.</summary>
    public IReadOnlyList<string>? Include { get; init; }

    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>Whether documents without bytes of their own are exported; default true.</summary>
    public bool? Export { get; init; }

    /// <summary>How its owner is told. Webhooks get the events in any case.</summary>
    public TransferNotesBody? Notes { get; init; }
}

/// <summary>Each of: notice (in the console, until it was seen), mail. Empty: nothing.</summary>
internal sealed record TransferNotesBody
{
    /// <summary>When it is done; default notice.</summary>
    public IReadOnlyList<string>? Done { get; init; }

    /// <summary>When it has failed, or files of it; default notice.</summary>
    public IReadOnlyList<string>? Failed { get; init; }

    /// <summary>When it waits for its owner: to sign in, to make room, to decide; default notice and mail.</summary>
    public IReadOnlyList<string>? NeedsOwner { get; init; }

    public static TransferNotesBody Of(TransferNotes notes) => new()
    {
        Done = [.. notes.Done.Select(TransferWords.Of)],
        Failed = [.. notes.Failed.Select(TransferWords.Of)],
        NeedsOwner = [.. notes.NeedsOwner.Select(TransferWords.Of)],
    };
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
    private const int MostPatterns = 50;
    /// <summary>Ids of S3 are a bucket's name and a key of 1,024 bytes.</summary>
    private const int LongestId = 1200;

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
        RuleFor(body => body.Options).Custom((options, context) =>
        {
            if (options is null)
                return;
            Word<EqualBy>(options.Equal, "options.equal");
            Word<WhenTaken>(options.Taken, "options.taken");
            Word<VerifyBy>(options.Verify, "options.verify");
            foreach (var (name, ways) in new[]
            {
                ("done", options.Notes?.Done), ("failed", options.Notes?.Failed), ("needsOwner", options.Notes?.NeedsOwner),
            })
            {
                if (ways is not null && ways.Any(way => TransferWords.Parse<NoteWay>(way) is null))
                    context.AddFailure($"options.notes.{name}", $"options.notes.{name} may have notice and mail.");
            }

            foreach (var (name, patterns) in new[] { ("include", options.Include), ("exclude", options.Exclude) })
            {
                if (patterns is not null && (patterns.Count > MostPatterns || patterns.Any(one => one is not { Length: > 0 and <= 255 })))
                    context.AddFailure($"options.{name}", $"options.{name} has at most {MostPatterns} patterns of 1 to 255 characters.");
            }

            void Word<T>(string? word, string field)
                where T : struct, Enum
            {
                if (word is not null && TransferWords.Parse<T>(word) is null)
                    context.AddFailure(field, $"{field} must be one of: {string.Join(", ", TransferWords.All<T>())}.");
            }
        });
    }

    public static TransferOptions Of(TransferOptionsBody? body)
    {
        var usual = new TransferOptions();
        return body is null
            ? usual
            : new TransferOptions
            {
                Equal = TransferWords.Parse<EqualBy>(body.Equal) ?? usual.Equal,
                Taken = TransferWords.Parse<WhenTaken>(body.Taken) ?? usual.Taken,
                Verify = TransferWords.Parse<VerifyBy>(body.Verify) ?? usual.Verify,
                Include = body.Include ?? [],
                Exclude = body.Exclude ?? [],
                Export = body.Export ?? true,
                Notes = NotesOf(body.Notes, usual.Notes),
            };
    }

    private static TransferNotes NotesOf(TransferNotesBody? body, TransferNotes usual)
    {
        return new TransferNotes
        {
            Done = Ways(body?.Done) ?? usual.Done,
            Failed = Ways(body?.Failed) ?? usual.Failed,
            NeedsOwner = Ways(body?.NeedsOwner) ?? usual.NeedsOwner,
        };

        static IReadOnlyList<NoteWay>? Ways(IReadOnlyList<string>? words) =>
            words is null ? null : [.. words.Select(TransferWords.Parse<NoteWay>).OfType<NoteWay>().Distinct()];
    }

    public static BandwidthPriority PriorityOf(string? word) => word switch
    {
        "low" => BandwidthPriority.Low,
        "high" => BandwidthPriority.High,
        _ => BandwidthPriority.Normal,
    };

    private static bool IsId(string? id) => id is null || UploadId.TryParse(id, out _);
}
