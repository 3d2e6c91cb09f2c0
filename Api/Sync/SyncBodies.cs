using ChunkUpload.Api.Access;
using ChunkUpload.Api.Transfers;
using ChunkUpload.Core.Sync;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Wire.Sync;
using FluentValidation;

namespace ChunkUpload.Api.Sync;

internal sealed record NewSyncBody
{
    public string? Title { get; init; }

    /// <summary>left_to_right (default), or both: changes are applied in both directions.</summary>
    public string? Way { get; init; }

    /// <summary>
    /// With both directions, the rule for files that both sides have changed: ask (default), newer, larger, left, right, or both, which
    /// keeps both.
    /// </summary>
    public string? Conflicts { get; init; }

    /// <summary>The source folder; with both directions, the first folder.</summary>
    public SyncPlaceBody? Left { get; init; }

    /// <summary>The destination folder; with both directions, the second folder.</summary>
    public SyncPlaceBody? Right { get; init; }

    /// <summary>Patterns with * and ?. Without "/" they are compared with names, otherwise with paths below the left folder.</summary>
    public IReadOnlyList<string>? Include { get; init; }

    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>
    /// Bytes per second, such as 20M, or a timetable such as 08:00,stop 18:00,10M; null for no limit. While it says stop, the pair neither
    /// scans nor copies.
    /// </summary>
    public string? Bandwidth { get; init; }

    /// <summary>The time zone of the timetable and of cron, such as Europe/Berlin; null for that of the service.</summary>
    public string? TimeZone { get; init; }

    /// <summary>
    /// Seconds between two scans, 10 to 86400; default 30, and 300 for an account of Google Drive or OneDrive with a folder of the machine
    /// or a bucket. Changes of files of this service are noticed immediately.
    /// </summary>
    public int? Interval { get; init; }

    /// <summary>
    /// When it scans, instead of interval: minutes, hours, day of the month, month, day of the week, such as 30 2 * * MON-FRI. Changes are
    /// only noticed then.
    /// </summary>
    public string? Cron { get; init; }

    /// <summary>Whether it pauses as soon as both sides are in sync; /resume runs it once more. Default false.</summary>
    public bool? Once { get; init; }

    /// <summary>
    /// With one direction, the format of Google's documents in the right folder: office (default), open_document, pdf, or none to leave
    /// them out. They are exported again when they have been changed.
    /// </summary>
    public string? ExportAs { get; init; }

    internal const string NoExports = "none";

    public SyncDraft ToDraft() => new(
        Title!, IdOf(Left!.Connection), Left.Folder!, IdOf(Right!.Connection), Right.Folder!)
    {
        Interval = Interval is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Cron = Cron?.Trim(),
        Once = Once == true,
        LeftItems = Left.Items is null ? null : [.. Left.Items.Distinct(StringComparer.Ordinal)],
        Way = TransferWords.Parse<SyncWay>(Way) ?? SyncWay.LeftToRight,
        ConflictRule = TransferWords.Parse<SyncConflictRule>(Conflicts) ?? SyncConflictRule.Ask,
        Options = TransferOptionsBody.ToOptions(Options),
    };

    internal TransferOptionsBody Options => new()
    {
        Include = Include,
        Exclude = Exclude,
        // Two exports of one document never have the same bytes, so documents are only exported in one direction.
        Export = Way != "both" && ExportAs != NoExports,
        ExportAs = ExportAs == NoExports ? null : ExportAs,
        Bandwidth = Bandwidth,
        TimeZone = TimeZone,
    };

    private static Guid? IdOf(string? id) => id is null ? null : Guid.ParseExact(id, "N");
}

internal sealed record SyncPlaceBody
{
    /// <summary>The connection's id; the files of this service if missing.</summary>
    public string? Connection { get; init; }

    /// <summary>The id of a folder there.</summary>
    public string? Folder { get; init; }

    /// <summary>
    /// For the left side with one direction: the ids of at most 300 files and folders in it, which are copied instead of the whole folder.
    /// The right folder contains them by their names.
    /// </summary>
    public IReadOnlyList<string>? Items { get; init; }
}

/// <summary>The answer to the question of a pair.</summary>
internal sealed record SyncAnswerBody
{
    /// <summary>question.digest of the pair, so that the answer only applies to the items that were shown.</summary>
    public string? Digest { get; init; }

    /// <summary>
    /// apply: removed items are also removed on the other side, and if both differ, the left one is used. leave: removed items stay on the
    /// other side, or are copied back with both directions, and differences remain. With both directions also right: the right one is used;
    /// and both: both sides get both files, that of the right side under another name.
    /// </summary>
    public string? Answer { get; init; }
}

internal sealed class NewSyncValidator : AbstractValidator<NewSyncBody>
{
    public NewSyncValidator()
    {
        RuleFor(body => body.Title).MustBeTitle("title", needed: true);
        RuleFor(body => body.Left).Must(IsPlace)
            .OverridePropertyName("left").WithMessage("left must have the id of a folder and that of its connection.");
        RuleFor(body => body.Right).Must(IsPlace)
            .OverridePropertyName("right").WithMessage("right must have the id of a folder and that of its connection.");
        RuleFor(body => body.Way).Must(word => word is null || TransferWords.Parse<SyncWay>(word) is not null)
            .OverridePropertyName("way").WithMessage("way must be left_to_right or both.");
        RuleFor(body => body.Conflicts).Must(word => word is null || TransferWords.Parse<SyncConflictRule>(word) is not null)
            .OverridePropertyName("conflicts").WithMessage("conflicts must be ask, newer, larger, left, right or both.");
        RuleFor(body => body).Must(body => body.Conflicts is null or "ask" || body.Way == "both")
            .OverridePropertyName("conflicts").WithMessage("conflicts needs way to be both.");
        RuleFor(body => body.Right).Must(place => place?.Items is null)
            .OverridePropertyName("right").WithMessage("right.items cannot be there: the right side is a folder.");
        RuleFor(body => body).Must(body => body.Left?.Items is null || body.Way != "both")
            .OverridePropertyName("left").WithMessage("left.items needs way to be left_to_right.");
        RuleFor(body => body.Left).Must(place => place?.Items is not { } items || (items.Count is > 0 and <= SyncMaker.MostItems
                && items.All(id => id is { Length: > 0 and <= NewTransferValidator.LongestId })))
            .OverridePropertyName("left").WithMessage($"left.items has the ids of 1 to {SyncMaker.MostItems} files and folders.");
        RuleFor(body => body.ExportAs)
            .Must(word => word is null or NewSyncBody.NoExports || TransferWords.Parse<ExportFormat>(word) is not null)
            .OverridePropertyName("exportAs").WithMessage("exportAs must be office, open_document, pdf or none.");
        RuleFor(body => body).Must(body => body.ExportAs is null or NewSyncBody.NoExports || body.Way != "both")
            .OverridePropertyName("exportAs").WithMessage("exportAs needs way to be left_to_right.");
        RuleFor(body => body.Interval).Must(seconds => seconds is null or (>= 10 and <= 86_400))
            .OverridePropertyName("interval").WithMessage("interval must be 10 to 86400 seconds.");
        RuleFor(body => body.Cron).MaximumLength(ScheduleChangeValidator.LongestCron).OverridePropertyName("cron")
            .WithMessage(ScheduleChangeValidator.LongCron);
        RuleFor(body => body).Must(body => (body.Interval is null ? 0 : 1) + (body.Cron is null ? 0 : 1) + (body.Once == true ? 1 : 0) <= 1)
            .OverridePropertyName("cron").WithMessage("Only one of interval, cron and once may be there.");
        RuleFor(body => body.Exclude).Must(patterns => patterns?.Any(one => one?.Trim('*', '/') == "") != true)
            .OverridePropertyName("exclude").WithMessage("exclude leaves out everything, so there would be nothing to keep in sync.");
        RuleFor(body => body.Options).Custom((options, context) => TransferOptionsRules.CheckPatternsAndPace(options, context, prefix: ""));
    }

    private static bool IsPlace(SyncPlaceBody? place) =>
        place is { Folder.Length: > 0 and <= NewTransferValidator.LongestId } && NewTransferValidator.IsId(place.Connection);
}

internal sealed class SyncAnswerValidator : AbstractValidator<SyncAnswerBody>
{
    public SyncAnswerValidator()
    {
        RuleFor(body => body.Digest).Must(text => text is { Length: 64 })
            .OverridePropertyName("digest").WithMessage("digest must be question.digest of the pair.");
        RuleFor(body => body.Answer).Must(word => word is "apply" or "leave" or "right" or "both")
            .OverridePropertyName("answer").WithMessage("answer must be apply, leave, right or both.");
    }
}
