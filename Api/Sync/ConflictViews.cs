using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Sync;
using ChunkUpload.Wire.Sync;
using FluentValidation;

namespace ChunkUpload.Api.Sync;

/// <summary>A decision about one conflict.</summary>
internal sealed record ConflictAnswerBody
{
    /// <summary>The digest of the conflict, so that the decision only applies to the versions that were shown.</summary>
    public string? Digest { get; init; }

    /// <summary>left, right, both or leave.</summary>
    public string? Answer { get; init; }
}

internal sealed class ConflictAnswerValidator : AbstractValidator<ConflictAnswerBody>
{
    public ConflictAnswerValidator()
    {
        RuleFor(body => body.Digest).Must(text => text is { Length: 64 })
            .OverridePropertyName("digest").WithMessage("digest must be digest of the conflict.");
        RuleFor(body => body.Answer).Must(word => word is "left" or "right" or "both" or "leave")
            .OverridePropertyName("answer").WithMessage("answer must be left, right, both or leave.");
    }
}

/// <param name="Sync">The id of its pair.</param>
/// <param name="Title">The title of its pair.</param>
/// <param name="Kind">
/// both_changed, both_new, file_and_folder, back_and_forth, changed_at_destination or removed_at_destination.
/// </param>
/// <param name="Digest">Identifies the path and both versions, for a decision.</param>
/// <param name="Left">The item on the left side; null if there is none.</param>
/// <param name="Right">The item on the right side; null if there is none.</param>
/// <param name="Answer">left, right, both or leave; null if you must decide.</param>
/// <param name="By">owner, or rule for the rule of the pair.</param>
/// <param name="SettledAt">When the pair found that the decision was carried out; null if not yet.</param>
/// <param name="CanTakeBack">Whether the decision was carried out and can be taken back.</param>
internal sealed record ConflictView(
    string Id, string Sync, string Title, string Path, string Kind, string Digest, ConflictSideView? Left, ConflictSideView? Right,
    DateTimeOffset OpenedAt, string? Answer, string? By, DateTimeOffset? AnsweredAt, DateTimeOffset? SettledAt,
    DateTimeOffset? TakenBackAt, bool CanTakeBack)
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","sync":"{{Examples.Id}}","title":"Tender","path":"2026/plan.csv","kind":"both_changed",
         "digest":"{{Examples.Sha256}}","left":{"kind":"file","size":18841,"modifiedAt":"2026-01-15T09:12:40.000Z"},
         "right":{"kind":"file","size":18534,"modifiedAt":"2026-01-15T09:09:05.000Z"},"openedAt":"2026-01-15T09:30:00.000Z",
         "answer":null,"by":null,"answeredAt":null,"settledAt":null,"takenBackAt":null,"canTakeBack":false}
        """;

    public static ConflictView Of(SyncConflictItem conflict) => new(
        conflict.Id.ToString("n"), conflict.Pair.ToString("n"), conflict.PairTitle, conflict.Path, conflict.Kind, conflict.Digest,
        ConflictSideView.Of(conflict.Left), ConflictSideView.Of(conflict.Right), conflict.OpenedAt, WordOf(conflict.Answer),
        conflict.Answer is null ? null : conflict.ByRule ? "rule" : "owner", conflict.AnsweredAt, conflict.SettledAt, conflict.TakenBackAt,
        conflict.CanTakeBack);

    public static SyncAnswer AnswerOf(string word) => word switch
    {
        "left" => SyncAnswer.Apply,
        "right" => SyncAnswer.Right,
        "both" => SyncAnswer.Both,
        _ => SyncAnswer.Leave,
    };

    private static string? WordOf(SyncAnswer? answer) => answer switch
    {
        null => null,
        SyncAnswer.Apply => "left",
        SyncAnswer.Right => "right",
        SyncAnswer.Both => "both",
        _ => "leave",
    };
}

/// <param name="Kind">file or folder.</param>
internal sealed record ConflictSideView(string Kind, long? Size, DateTimeOffset? ModifiedAt)
{
    public static ConflictSideView? Of(SyncEntry? entry) =>
        entry is null ? null : new ConflictSideView(entry.IsFolder ? "folder" : "file", entry.Size, entry.Modified);
}
