using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Sync;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Cli.Sync;

/// <summary>Conflicts, and questions about removals, as people and programs read them.</summary>
internal static class ConflictText
{
    private const int Shown = 10;

    public static string Line(SyncToldConflict one) =>
        $"{one.Id}  {Output.Printable(one.Path)}: {Word(one.Kind)}\n"
        + $"            here:    {Side(one.Left)}\n"
        + $"            service: {Side(one.Right)}{(one.By is { } by ? $", {Output.Printable(by)}" : "")}\n"
        + $"            cu conflicts decide {one.Id} left (here), right (the service's), keep-both or leave";

    public static string Line(SyncQuestion question, SyncTold told)
    {
        var paths = question.Examples.Take(Shown)
            .Select(one => $"\n    {(one.Kind is "removal_at_left" or SyncQuestions.OnlyAtLeft ? "here" : "at the service")}: "
                + Output.Printable(one.Path));
        var more = question.Removals > Shown ? $"\n    and {question.Removals - Shown} more" : "";
        var folder = Output.Printable(told.Local);
        return IsAfterRestore(question)
            ? $"The service was restored from a backup, and {question.Removals} items are on one side only:{string.Concat(paths)}{more}\n"
                + $"    cu conflicts approve {folder} removes them; cu conflicts refuse {folder} copies them to the other side"
            : $"{question.Removals} removals wait for you:{string.Concat(paths)}{more}\n    cu conflicts approve {folder} does them; "
                + $"cu conflicts refuse {folder} brings the items back";
    }

    private static bool IsAfterRestore(SyncQuestion question) =>
        question.Examples is [{ Kind: SyncQuestions.OnlyAtLeft or SyncQuestions.OnlyAtRight }, ..];

    public static string Line(ConflictAnswer one) =>
        $"{one.Id}  {Output.Printable(one.Title)}: {Output.Printable(one.Path)}: {Word(one.Kind)}\n"
        + $"            left:  {Side(one.Left)}\n            right: {Side(one.Right)}"
        + (one.Answer is { } answer ? $"\n            decided: {answer}" : "")
        + (one.CanTakeBack ? $"; cu conflicts take-back {one.Id}" : "");

    public static string Line(SyncDecidedLine one, SyncTold told) => string.Create(
        CultureInfo.InvariantCulture,
        $"{one.Id}  {Output.Printable(told.Local)}: {Output.Printable(one.Path)}: {Word(one.Answer)}{(one.ByRule ? " by the rule" : "")}, "
        + $"{one.At.ToLocalTime():yyyy-MM-dd HH:mm}")
        + (one.IsTakenBack ? "; taken back" : one.CanTakeBack ? $"; cu conflicts take-back {one.Id}" : "")
        + (one.Kept is { } kept ? $"\n            kept as {Output.Printable(kept)}" : "");

    public static JsonObject Fields(SyncTold told, SyncToldConflict one) => new()
    {
        ["id"] = one.Id,
        ["pair"] = told.Local,
        ["path"] = one.Path,
        ["kind"] = one.Kind,
        ["state"] = "conflict",
        ["left"] = Fields(one.Left is { } left ? (left.IsFolder ? "folder" : "file", left.Size, left.Modified) : null),
        ["right"] = Fields(one.Right is { } right ? (right.IsFolder ? "folder" : "file", right.Size, right.Modified) : null),
        ["by"] = one.By,
    };

    public static JsonObject Fields(SyncTold told, SyncQuestion question) => new()
    {
        ["pair"] = told.Local,
        ["state"] = IsAfterRestore(question) ? "only_one_side" : "removals",
        ["removals"] = question.Removals,
        ["paths"] = new JsonArray([.. question.Examples.Select(one => (JsonNode)one.Path)]),
    };

    public static JsonObject Fields(ConflictAnswer one) => new()
    {
        ["id"] = one.Id,
        ["pair"] = one.Title,
        ["path"] = one.Path,
        ["kind"] = one.Kind,
        ["state"] = one.Answer is null ? "conflict" : "decided",
        ["answer"] = one.Answer,
        ["left"] = Fields(one.Left is { } left ? (left.Kind, left.Size, left.ModifiedAt) : null),
        ["right"] = Fields(one.Right is { } right ? (right.Kind, right.Size, right.ModifiedAt) : null),
    };

    public static JsonObject Fields(SyncDecidedLine one, SyncTold told) => new()
    {
        ["id"] = one.Id,
        ["pair"] = told.Local,
        ["path"] = one.Path,
        ["state"] = "decided",
        ["answer"] = Word(one.Answer),
        ["byRule"] = one.ByRule,
        ["at"] = one.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["kept"] = one.Kept,
        ["canTakeBack"] = one.CanTakeBack,
    };

    public static string Word(SyncAnswer answer) => answer switch
    {
        SyncAnswer.Apply => "left",
        SyncAnswer.Right => "right",
        SyncAnswer.Both => "keep-both",
        _ => "leave",
    };

    private static string Word(string kind) => kind switch
    {
        "both_changed" => "changed on both sides",
        "both_new" => "new on both sides, and different",
        "back_and_forth" => "changed on both sides again and again within ten minutes",
        "file_and_folder" => "a file on one side and a folder on the other one",
        _ => kind.Replace('_', ' '),
    };

    private static string Side(SyncToldSide? side) =>
        side is null ? "nothing" : Text(side.IsFolder ? "folder" : "file", side.Size, side.Modified);

    private static string Side(ConflictSideAnswer? side) => side is null ? "nothing" : Text(side.Kind, side.Size, side.ModifiedAt);

    private static string Text(string kind, long? size, DateTimeOffset? modified) => kind == "folder"
        ? "a folder"
        : string.Create(CultureInfo.InvariantCulture, $"{Figures.Bytes(size ?? 0)}, {modified?.ToLocalTime():yyyy-MM-dd HH:mm:ss}");

    private static JsonObject? Fields((string Kind, long? Size, DateTimeOffset? Modified)? side) => side is not var (kind, size, modified)
        ? null
        : new JsonObject
        {
            ["kind"] = kind,
            ["size"] = size,
            ["modifiedAt"] = modified?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        };
}
