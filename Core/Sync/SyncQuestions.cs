using System.Text;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>What a person decides about a pair.</summary>
internal static class SyncQuestions
{
    private const int MostExamples = 200;

    /// <summary>Asks about removals that the brake stops, and about conflicts; <c>null</c> if there are neither.</summary>
    public static SyncQuestion? Of(IReadOnlyList<SyncAction> stopped, IReadOnlyList<SyncConflict> conflicts)
    {
        if (stopped.Count == 0 && conflicts.Count == 0)
            return null;
        var list = new StringBuilder();
        foreach (var action in stopped)
            list.Append("removal\n").Append(action.Path).Append('\n').Append(action.Right?.Version).Append('\n');
        foreach (var conflict in conflicts)
        {
            list.Append(WordOf(conflict.Kind)).Append('\n').Append(conflict.Path).Append('\n').Append(conflict.Left?.Version).Append('\n')
                .Append(conflict.Right?.Version).Append('\n');
        }

        return new SyncQuestion(
            Sha256Digest.Of(Encoding.UTF8.GetBytes(list.ToString())).ToString(), stopped.Count, conflicts.Count,
            [.. stopped.Select(action => new SyncQuestionPath(action.Path, "removal"))
                .Concat(conflicts.Select(conflict => new SyncQuestionPath(conflict.Path, WordOf(conflict.Kind)))).Take(MostExamples)]);
    }

    /// <summary>What the base becomes if the right side stays as it is, so that the same is not asked again.</summary>
    public static void Leave(
        SyncRecords records, SyncFound found, IReadOnlyList<SyncAction> stopped, IReadOnlyList<SyncConflict> conflicts)
    {
        foreach (var action in stopped)
            records.Gone.Add(action.Path);
        foreach (var conflict in conflicts)
        {
            if (conflict.Left is { } left)
                records.Agreed[conflict.Path] = new SyncBase(left, conflict.Right);
            else
                records.Gone.Add(conflict.Path);
            // A folder that only the left side has is left alone with everything in it.
            if (conflict is { Left.IsFolder: true, Right: null })
                records.Gone.AddRange(found.Bases.ByPath.Keys.Where(path => path != conflict.Path && IsAt(path, conflict.Path)));
        }

        records.Events.Add(("left", null, $"{stopped.Count} removals, {conflicts.Count} differences"));
    }

    /// <summary>
    /// Says what makes the right side like the left one: what is removed there, deepest first, and what is copied. A folder that the right
    /// side has removed only leaves the base, so that the next look makes it anew.
    /// </summary>
    public static (IReadOnlyList<SyncAction> Removals, IReadOnlyList<SyncAction> Copies) Apply(
        SyncRecords records, SyncFound found, IReadOnlyList<SyncConflict> conflicts)
    {
        var removals = new List<SyncAction>();
        var copies = new List<SyncAction>();
        foreach (var conflict in conflicts)
        {
            if (conflict.Right is null)
                records.Gone.AddRange(found.Bases.ByPath.Keys.Where(path => IsAt(path, conflict.Path)));
            else if (conflict is { Left.IsFolder: false, Right.IsFolder: false })
            {
                copies.Add(new SyncAction(SyncActionKind.Copy, SyncSide.Right, conflict.Path)
                {
                    Left = conflict.Left,
                    Right = conflict.Right,
                });
            }
            else
            {
                removals.AddRange(found.Right.Where(item => IsAt(item.Key, conflict.Path) && item.Value.LeftOut is null)
                    .OrderByDescending(item => item.Key, StringComparer.Ordinal)
                    .Select(item => new SyncAction(SyncActionKind.Remove, SyncSide.Right, item.Key) { Right = item.Value }));
            }
        }

        records.Events.Add(("applied", null, $"{conflicts.Count} differences"));
        return (removals, copies);
    }

    private static bool IsAt(string path, string top) =>
        path == top || path.StartsWith($"{top}/", StringComparison.Ordinal);

    private static string WordOf(SyncConflictKind kind) => kind switch
    {
        SyncConflictKind.BothChanged => "both_changed",
        SyncConflictKind.BothNew => "both_new",
        SyncConflictKind.FileAndFolder => "file_and_folder",
        SyncConflictKind.ChangedAtDestination => "changed_at_destination",
        _ => "removed_at_destination",
    };
}
