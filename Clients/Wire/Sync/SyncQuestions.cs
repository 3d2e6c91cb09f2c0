using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Wire.Sync;

/// <summary>Decisions of users about a pair.</summary>
public static class SyncQuestions
{
    /// <summary>The kinds of paths of <see cref="OfOneSide"/>.</summary>
    public const string OnlyAtLeft = "only_at_left";

    public const string OnlyAtRight = "only_at_right";

    private const int MostExamples = 200;

    /// <summary>The length of a name, in bytes, that every file system supports.</summary>
    private const int LongestName = 255;

    /// <summary>Asks about removals that the brake stops; <c>null</c> if there are none.</summary>
    public static SyncQuestion? OfRemovals(IReadOnlyList<SyncAction> stopped)
    {
        var list = new StringBuilder();
        foreach (var action in stopped)
        {
            list.Append("removal\n").Append(action.At == SyncSide.Left ? "left\n" : "").Append(action.Path).Append('\n')
                .Append(ItemOf(action)?.Version).Append('\n');
        }

        return stopped.Count == 0
            ? null
            : new SyncQuestion(
                DigestOf(list), stopped.Count, 0,
                [.. stopped.Take(MostExamples)
                    .Select(action => new SyncQuestionPath(action.Path, action.At == SyncSide.Left ? "removal_at_left" : "removal"))]);
    }

    /// <summary>Asks about what only one side has; <c>null</c> if there is nothing.</summary>
    /// <param name="removals">What would remove it.</param>
    public static SyncQuestion? OfOneSide(IReadOnlyList<SyncAction> removals)
    {
        var list = new StringBuilder();
        foreach (var action in removals)
        {
            list.Append(OnlyAt(action.At)).Append('\n').Append(action.Path).Append('\n').Append(ItemOf(action)?.Version).Append('\n');
        }

        return removals.Count == 0
            ? null
            : new SyncQuestion(
                DigestOf(list), removals.Count, 0,
                [.. removals.Take(MostExamples)
                    .Select(action => new SyncQuestionPath(action.Path, OnlyAt(action.At)))]);
    }

    public static string OnlyAt(SyncSide side) => side == SyncSide.Left ? OnlyAtLeft : OnlyAtRight;

    /// <summary>The question about the conflicts without a decision; <c>null</c> if there are none.</summary>
    public static SyncQuestion? OfConflicts(IReadOnlyList<SyncDecision> open)
    {
        var list = new StringBuilder();
        foreach (var one in open)
            list.Append(one.Digest).Append('\n');
        return open.Count == 0
            ? null
            : new SyncQuestion(
                DigestOf(list), 0, open.Count,
                [.. open.Take(MostExamples).Select(one => new SyncQuestionPath(one.Conflict.Path, WordOf(one.Conflict.Kind)))]);
    }

    /// <summary>Returns all conflicts of a scan with what was decided about each.</summary>
    /// <param name="answers">By path, each with the digest of what was decided about.</param>
    /// <param name="rule">Decides where no answer does.</param>
    public static IReadOnlyList<SyncDecision> DecisionsOf(
        IReadOnlyList<SyncConflict> conflicts, IReadOnlyDictionary<string, (string Digest, SyncAnswer Answer)> answers,
        SyncConflictRule rule) =>
        [.. conflicts.Select(conflict =>
        {
            var digest = DigestOf(new StringBuilder().Append(WordOf(conflict.Kind)).Append('\n').Append(conflict.Path).Append('\n')
                .Append(conflict.Left?.Version).Append('\n').Append(conflict.Right?.Version));
            if (answers.TryGetValue(conflict.Path, out var known) && known.Digest == digest)
                return new SyncDecision(conflict, digest, known.Answer, ByRule: false);
            var answer = SyncConflictRules.AnswerOf(rule, conflict);
            return new SyncDecision(conflict, digest, answer, ByRule: answer is not null);
        })];

    /// <summary>Returns what is done about conflicts that were decided.</summary>
    /// <param name="leftName">Names the left side in the name of a file that is kept beside another one.</param>
    public static SyncDecided Carry(
        IReadOnlyDictionary<string, SyncBase> bases, IReadOnlyDictionary<string, SyncEntry> left,
        IReadOnlyDictionary<string, SyncEntry> right, IEnumerable<SyncDecision> decisions, DateTimeOffset now, string leftName = "left",
        string rightName = "right")
    {
        var decided = new SyncDecided();
        var taken = left.Keys.Concat(right.Keys).ToHashSet(StringComparer.Ordinal);
        foreach (var (conflict, _, answer, _) in decisions)
        {
            switch (answer)
            {
                case SyncAnswer.Apply:
                    Follow(bases, right, conflict, SyncSide.Right, decided);
                    break;
                case SyncAnswer.Right:
                    Follow(bases, left, conflict, SyncSide.Left, decided);
                    break;
                case SyncAnswer.Both when conflict.Left is null || conflict.Right is null:
                    Follow(bases, right, conflict, conflict.Left is null ? SyncSide.Left : SyncSide.Right, decided);
                    break;
                case SyncAnswer.Both:
                    // A file gets another name; a folder keeps its own.
                    var at = conflict.Right!.IsFolder ? SyncSide.Left : SyncSide.Right;
                    var side = at == SyncSide.Left ? leftName : rightName;
                    decided.Renames.Add(new SyncAction(SyncActionKind.Move, at, FreeName(conflict.Path, side, now, taken))
                    {
                        From = conflict.Path,
                        Left = conflict.Left,
                        Right = conflict.Right,
                    });
                    break;
                case SyncAnswer.Leave:
                    Leave(bases, conflict, decided);
                    break;
            }
        }

        return decided;
    }

    /// <summary>Returns the base for a conflict in which both sides stay as they are, so that it is not asked again.</summary>
    private static void Leave(IReadOnlyDictionary<string, SyncBase> bases, SyncConflict conflict, SyncDecided decided)
    {
        if (conflict.Left is { } left)
            decided.Agreed[conflict.Path] = new SyncBase(left, conflict.Right);
        else if (conflict is { Kind: SyncConflictKind.BackAndForth, Right: { } right })
            decided.Agreed[conflict.Path] = SyncBase.WithoutLeft(right);
        else
            decided.Gone.Add(conflict.Path);
        // A folder that only the left side has is left alone with everything in it.
        if (conflict is { Left.IsFolder: true, Right: null })
            decided.Gone.AddRange(bases.Keys.Where(path => path != conflict.Path && IsAt(path, conflict.Path)));
        decided.Left.Add(conflict.Path);
    }

    /// <summary>
    /// Makes a side like the other one: removes what is there, deepest first, or copies. A folder that the right side has removed only
    /// leaves the base, so that the next scan makes it anew.
    /// </summary>
    /// <param name="there">What the side has.</param>
    /// <param name="at">The side that changes.</param>
    private static void Follow(
        IReadOnlyDictionary<string, SyncBase> bases, IReadOnlyDictionary<string, SyncEntry> there, SyncConflict conflict, SyncSide at,
        SyncDecided decided)
    {
        var isOneSided = conflict.Kind == SyncConflictKind.BackAndForth && (conflict.Left is null || conflict.Right is null);
        if (isOneSided ? (at == SyncSide.Right ? conflict.Left : conflict.Right) is not null
            : conflict is { Left.IsFolder: false, Right.IsFolder: false })
        {
            decided.Copies.Add(new SyncAction(SyncActionKind.Copy, at, conflict.Path)
            {
                Left = conflict.Left,
                Right = conflict.Right,
            });
        }
        else if (conflict.Right is null && !isOneSided)
            decided.Gone.AddRange(bases.Keys.Where(path => IsAt(path, conflict.Path)));
        else
        {
            decided.Removals.AddRange(there.Where(item => IsAt(item.Key, conflict.Path) && item.Value.LeftOut is null)
                .OrderByDescending(item => item.Key, StringComparer.Ordinal)
                .Select(item => new SyncAction(SyncActionKind.Remove, at, item.Key)
                {
                    Left = at == SyncSide.Left ? item.Value : null,
                    Right = at == SyncSide.Right ? item.Value : null,
                }));
        }
    }

    /// <summary>
    /// Returns "name (right, 2026-11-25 14-09).ext", with a number if that is taken. A name that would be too long for a disk is shortened.
    /// </summary>
    private static string FreeName(string path, string side, DateTimeOffset now, HashSet<string> taken)
    {
        var end = path.LastIndexOf('/') + 1;
        var dot = path.LastIndexOf('.');
        var (stem, extension) = dot > end ? (path[..dot], path[dot..]) : (path, "");
        for (var number = 1; ; number++)
        {
            var addition = string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $" ({side}, {now.UtcDateTime:yyyy-MM-dd HH-mm}{(number > 1 ? $", {number}" : "")}){extension}");
            var kept = stem;
            while (kept.Length > end + 1 && Encoding.UTF8.GetByteCount(kept[end..]) + Encoding.UTF8.GetByteCount(addition) > LongestName)
                kept = kept[..(char.IsLowSurrogate(kept[^1]) ? ^2 : ^1)];
            var name = kept + addition;
            if (taken.Add(name))
                return name;
        }
    }

    private static string DigestOf(StringBuilder list) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list.ToString())));

    private static SyncEntry? ItemOf(SyncAction action) => action.At == SyncSide.Left ? action.Left : action.Right;

    /// <summary>Returns whether a path is another one, or lies below it.</summary>
    public static bool IsAt(string path, string top) =>
        path == top || path.StartsWith($"{top}/", StringComparison.Ordinal);

    /// <summary>Returns the word for a kind of conflict.</summary>
    public static string WordOf(SyncConflictKind kind) => kind switch
    {
        SyncConflictKind.BothChanged => "both_changed",
        SyncConflictKind.BothNew => "both_new",
        SyncConflictKind.FileAndFolder => "file_and_folder",
        SyncConflictKind.BackAndForth => "back_and_forth",
        SyncConflictKind.ChangedAtDestination => "changed_at_destination",
        _ => "removed_at_destination",
    };
}
