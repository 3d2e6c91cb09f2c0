using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>A sequence of the model: people change both sides, and a worker that may be killed brings them together.</summary>
internal sealed class SyncModelRun
{
    private readonly Random _random;
    private readonly SyncModelSide _left;
    private readonly SyncModelSide _right;
    private readonly SyncModelEdits _edits;
    private readonly Dictionary<string, SyncBase> _bases = new(StringComparer.Ordinal);

    /// <summary>What the plain model knows: the content on which both sides agreed; 0 for a folder.</summary>
    private readonly Dictionary<string, int> _agreed = new(StringComparer.Ordinal);

    /// <summary>Losers of conflicts, which a person has chosen to replace.</summary>
    private readonly HashSet<int> _losers = [];

    public SyncModelRun(int seed, bool hasIdentities)
    {
        _random = new Random(seed);
        _left = new SyncModelSide(hasIdentities, hasDigests: seed % 3 != 0);
        _right = new SyncModelSide(hasIdentities && seed % 5 != 0, hasDigests: seed % 2 == 0);
        _edits = new SyncModelEdits(_random);
    }

    public int Conflicts { get; private set; }

    public void Round()
    {
        for (var change = _random.Next(1, 5); change > 0; change--)
            _edits.Change(_random.Next(2) == 0 ? _left : _right);
        var plan = Look(SyncWay.Both);
        CheckConflicts(plan);
        Work(plan, mayBeKilled: true);
    }

    /// <summary>Answers all conflicts for the left side until both sides agree.</summary>
    public void Settle()
    {
        for (var look = 0; look < 12; look++)
        {
            var plan = Look(SyncWay.Both);
            if (plan is { Actions.Count: 0, Conflicts.Count: 0 })
                break;
            Assert.True(look < 11, $"The sides do not converge: {string.Join(", ", plan.Actions)} {string.Join(", ", plan.Conflicts)}");
            Work(plan, mayBeKilled: false);
            foreach (var conflict in plan.Conflicts)
                AnswerForLeft(conflict.Path);
        }

        Assert.Equal(Agreed(_left), Agreed(_right));
        var there = Contents(_left).Values.ToHashSet();
        var leftOut = _left.Items.Concat(_right.Items).Select(item => item.Value.Content ?? 0).ToHashSet();
        Assert.DoesNotContain(_edits.Made, content => !there.Contains(content) && !leftOut.Contains(content) && !_losers.Contains(content)
            && !_left.EndedByPerson.Contains(content) && !_right.EndedByPerson.Contains(content));
        // What one person removed does not return, unless another one moved it or made it twice.
        Assert.DoesNotContain(there, content => content > 0 && !_edits.Doubtful.Contains(content)
            && (_left.EndedByPerson.Contains(content) || _right.EndedByPerson.Contains(content)));
    }

    public void OneWayRound()
    {
        for (var change = _random.Next(1, 5); change > 0; change--)
            _edits.Change(_random.Next(4) > 0 ? _left : _right);
        Work(Look(SyncWay.LeftToRight), mayBeKilled: true);
        var onlyRight = Contents(_right).Where(item => !_bases.ContainsKey(item.Key) && !_left.Items.ContainsKey(item.Key)).ToList();
        for (var look = 0; look < 6; look++)
        {
            var plan = Look(SyncWay.LeftToRight);
            Assert.DoesNotContain(plan.Actions, action => action.At == SyncSide.Left);
            Work(plan, mayBeKilled: false);
        }

        var settled = Look(SyncWay.LeftToRight);
        Assert.Empty(settled.Actions);
        var right = Contents(_right);
        Assert.All(onlyRight, item => Assert.Equal(item.Value, right.GetValueOrDefault(item.Key, -1)));
        // Everything of the left side is at the right side, but for what a person is asked about.
        Assert.All(
            Contents(_left).Where(item => !settled.Conflicts.Any(
                conflict => conflict.Path == item.Key || SyncModelSide.IsBelow(item.Key, conflict.Path))),
            item => Assert.Equal(item.Value, right.GetValueOrDefault(item.Key, -1)));
    }

    private SyncPlan Look(SyncWay way)
    {
        var readLeft = new HashSet<string>(StringComparer.Ordinal);
        var readRight = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var plan = SyncRules.Plan(way, _bases, _left.Look(readLeft), _right.Look(readRight));
            if (plan.Readings.Count == 0)
                return plan;
            foreach (var reading in plan.Readings)
                Assert.True((reading.Side == SyncSide.Left ? readLeft : readRight).Add(reading.Path), "A file is asked for twice.");
        }
    }

    /// <summary>Does the steps in order. A step whose target has changed since the scan does nothing.</summary>
    private void Work(SyncPlan plan, bool mayBeKilled)
    {
        foreach (var action in plan.Actions)
        {
            if (mayBeKilled && _random.Next(12) == 0)
                return;
            if (mayBeKilled && _random.Next(12) == 0)
                _edits.Change(_random.Next(2) == 0 ? _left : _right);
            var (from, to) = action.At == SyncSide.Right ? (_left, _right) : (_right, _left);
            if (!IsAsPlanned(to, action))
                continue;
            if (!Do(action, from, to))
                continue;
            // The answer is lost: the step is done, and nothing records it.
            if (mayBeKilled && _random.Next(12) == 0)
            {
                // If a person removes the copy before the next scan, it counts as new on the other side.
                if (to.Items.TryGetValue(action.Path, out var unrecorded) && unrecorded.Content is { } content)
                    _edits.Doubtful.Add(content);
                return;
            }

            Record(action);
        }
    }

    private bool IsAsPlanned(SyncModelSide to, SyncAction action)
    {
        var planned = action.At == SyncSide.Right ? action.Right : action.Left;
        var path = action.From ?? action.Path;
        if (action.Kind is SyncActionKind.Adopt or SyncActionKind.Forget)
            return IsAsSeen(_left, action.Path, action.Left) && IsAsSeen(_right, action.Path, action.Right);
        return IsAsSeen(to, path, planned);
    }

    private static bool IsAsSeen(SyncModelSide side, string path, SyncEntry? seen) => seen is null
        ? !side.Items.ContainsKey(path)
        : side.Items.TryGetValue(path, out var item) && side.EntryOf(path, item, false) is var now
          && now.IsFolder == seen.IsFolder && now.Version == seen.Version;

    private static bool Do(SyncAction action, SyncModelSide from, SyncModelSide to)
    {
        var folder = action.Path.LastIndexOf('/') is > 0 and var end ? action.Path[..end] : "";
        switch (action.Kind)
        {
            case SyncActionKind.MakeFolder when to.IsFolder(folder):
                to.MakeFolder(action.Path);
                return true;
            case SyncActionKind.Copy when to.IsFolder(folder) && from.Items.TryGetValue(action.Path, out var item)
                && item.Content is { } content:
                to.Write(action.Path, content);
                return true;
            case SyncActionKind.Move when to.IsFolder(folder) && !to.Items.ContainsKey(action.Path):
                to.Move(action.From!, action.Path);
                return true;
            case SyncActionKind.Remove when to.IsEmpty(action.Path) && !from.Items.ContainsKey(action.Path) | IsMixed(action, from):
                return to.Items.Remove(action.Path);
            default:
                return action.Kind is SyncActionKind.Adopt or SyncActionKind.Forget;
        }
    }

    /// <summary>Returns whether the other side still has something of the other kind at the path of a removal.</summary>
    private static bool IsMixed(SyncAction action, SyncModelSide from) =>
        from.Items.TryGetValue(action.Path, out var item)
        && item.Content is null != (action.At == SyncSide.Right ? action.Right : action.Left)!.IsFolder;

    private void Record(SyncAction action)
    {
        if (action.Kind is SyncActionKind.Forget or SyncActionKind.Remove)
        {
            _bases.Remove(action.Path);
            _agreed.Remove(action.Path);
            return;
        }

        if (action.Kind == SyncActionKind.Move)
        {
            // The base moves as it was, so that a change of the content is seen at the next scan.
            _bases[action.Path] = _bases[action.From!];
            _bases.Remove(action.From!);
            _agreed[action.Path] = _agreed[action.From!];
            _agreed.Remove(action.From!);
            return;
        }

        if (action.Kind == SyncActionKind.MakeFolder)
        {
            // The other side may have changed since the scan: the next one sees it.
            var folder = new SyncEntry(action.Path, true);
            _bases[action.Path] = new SyncBase(action.Left ?? folder, action.Right ?? folder);
            _agreed[action.Path] = 0;
            return;
        }

        Assert.Equal(_left.Items[action.Path].Content, _right.Items[action.Path].Content);
        _bases[action.Path] = new SyncBase(Recorded(_left), Recorded(_right));
        _agreed[action.Path] = _left.Items[action.Path].Content ?? 0;

        SyncEntry Recorded(SyncModelSide side) => side.EntryOf(action.Path, side.Items[action.Path], withDigest: true);
    }

    private void AnswerForLeft(string path)
    {
        foreach (var (gone, item) in _right.Items.Where(item => item.Key == path || SyncModelSide.IsBelow(item.Key, path)).ToList())
        {
            _right.Items.Remove(gone);
            _bases.Remove(gone);
            _losers.Add(item.Content ?? 0);
        }

        // The left side may have what a person has removed on the right one.
        foreach (var item in _left.Items.Where(item => item.Key == path || SyncModelSide.IsBelow(item.Key, path)))
            _edits.Doubtful.Add(item.Value.Content ?? 0);
        _bases.Remove(path);
        Conflicts++;
    }

    private void CheckConflicts(SyncPlan plan)
    {
        var seen = plan.Conflicts.Where(one => one is { Left.IsFolder: false, Right.IsFolder: false }).Select(one => one.Path);
        var expected = Contents(_left).Where(item => item.Value > 0 && Contents(_right).GetValueOrDefault(item.Key) is var right and > 0
            && right != item.Value && _agreed.GetValueOrDefault(item.Key) != item.Value && _agreed.GetValueOrDefault(item.Key) != right);
        Assert.Equal(expected.Select(item => item.Key).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    /// <summary>The same without folders that stay because something in them takes no part.</summary>
    private Dictionary<string, int> Agreed(SyncModelSide side) => Contents(side)
        .Where(item => item.Value > 0 || !_left.Items.Keys.Concat(_right.Items.Keys).Any(
            path => path.EndsWith(".out", StringComparison.Ordinal) && SyncModelSide.IsBelow(path, item.Key)))
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>By path, without what takes no part; 0 for a folder.</summary>
    private static Dictionary<string, int> Contents(SyncModelSide side) => side.Items
        .Where(item => !item.Key.Split('/').Any(name => name.EndsWith(".out", StringComparison.Ordinal)))
        .ToDictionary(item => item.Key, item => item.Value.Content ?? 0, StringComparer.Ordinal);
}
