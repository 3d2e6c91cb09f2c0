namespace ChunkUpload.Wire.Sync;

/// <summary>A path with what the base and both sides have there, and what becomes of it.</summary>
internal sealed class SyncPath(string path, SyncBase? agreed, SyncEntry? left, SyncEntry? right)
{
    private readonly List<SyncReading> _readings = [];
    private bool _keepsLeft;
    private bool _keepsRight;
    private bool _bringsToLeft;
    private bool _bringsToRight;

    public string Path => path;

    public SyncBase? Base => agreed;

    public SyncEntry? Left => left;

    public SyncEntry? Right => right;

    public SyncPath? Parent { get; set; }

    public SyncVerdict Verdict { get; set; } = SyncVerdict.None;

    public SyncConflictKind Conflict { get; private set; }

    /// <summary>The files that have to be read before the path can be decided.</summary>
    public IReadOnlyList<SyncReading> Readings => _readings;

    /// <summary>For an item that moves: the path that it leaves.</summary>
    public SyncPath? MovedFrom { get; set; }

    /// <summary>Gets a value that indicates whether the folder is missing here because it was moved to another path.</summary>
    public bool HasMovedElsewhere { get; set; }

    /// <summary>Gets a value that indicates whether nothing happens at the path because of a folder in which it lies.</summary>
    public bool IsHeld => Parent is { } folder && (folder.HoldsContent || folder.IsHeld);

    private bool HoldsContent => Verdict == SyncVerdict.Conflict || IsLeftOut || IsLeftAlone;

    private bool IsLeftOut => left?.LeftOut is not null || right?.LeftOut is not null;

    private bool IsLeftAlone => (agreed is { Right: null } && right is null && left is { IsFolder: true })
        || (agreed is { LacksLeft: true } && left is null && right is { IsFolder: true })
        || (AgreesOnKinds == false && Verdict == SyncVerdict.None);

    /// <summary>
    /// Gets a value that indicates whether both sides had items of one kind; <c>false</c> if a person left a file and a folder as they are.
    /// </summary>
    private bool? AgreesOnKinds => agreed is { Right: { } was } ? agreed.Left.IsFolder == was.IsFolder : null;

    /// <summary>Gets a value that indicates whether one side has a file and the other side a folder at the path or above it.</summary>
    private bool IsMixed =>
        (left is not null && right is not null && left.IsFolder != right.IsFolder) || Parent?.IsMixed == true;

    /// <summary>Decides the path alone. Folders that would be removed are scanned again afterwards.</summary>
    public void Decide(SyncWay way)
    {
        Verdict = IsLeftOut || (Parent is { } folder && folder.IsUnderLeftOut)
            ? agreed is null ? SyncVerdict.None : SyncVerdict.Forget
            : Compare(way);
        // What replaces a file or a folder of the other kind comes in the next round.
        if (Parent is { IsMixed: true } && Verdict is SyncVerdict.ToLeft or SyncVerdict.ToRight or SyncVerdict.Adopt)
            Verdict = SyncVerdict.None;
    }

    /// <summary>Gets a value that indicates whether something is to be done at the path, later.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Does nothing at the path yet.</summary>
    public void Wait()
    {
        IsWaiting = Verdict is not (SyncVerdict.None or SyncVerdict.Adopt or SyncVerdict.Forget) || _readings.Count > 0;
        if (!IsWaiting)
            return;
        Verdict = SyncVerdict.None;
        _readings.Clear();
    }

    /// <summary>Asks before a file goes to the other side once more.</summary>
    public void AskBeforeItGoesOn()
    {
        if ((left ?? right) is { IsFolder: false }
            && Verdict is SyncVerdict.ToLeft or SyncVerdict.ToRight or SyncVerdict.RemoveLeft or SyncVerdict.RemoveRight)
            _ = Disagree(SyncConflictKind.BackAndForth);
    }

    /// <summary>Takes note of what becomes of something in the folder.</summary>
    public void Saw(SyncPath content)
    {
        _keepsLeft |= content.Left is not null && content.Verdict is not (SyncVerdict.RemoveLeft or SyncVerdict.MovedAway);
        _keepsRight |= content.Right is not null && content.Verdict is not (SyncVerdict.RemoveRight or SyncVerdict.MovedAway);
        _bringsToLeft |= content.Verdict == SyncVerdict.ToLeft;
        _bringsToRight |= content.Verdict == SyncVerdict.ToRight;
    }

    /// <summary>Keeps a folder that would be removed although something stays in it.</summary>
    public void KeepIfInUse(SyncWay way)
    {
        var atLeft = Verdict == SyncVerdict.RemoveLeft;
        if (atLeft ? !_keepsLeft : !_keepsRight)
            return;
        if (IsMixed && left is not null && right is not null)
            Disagree(SyncConflictKind.FileAndFolder);
        else if (atLeft)
            Verdict = _bringsToRight ? SyncVerdict.ToRight : SyncVerdict.None;
        else
            Verdict = _bringsToLeft && way == SyncWay.Both ? SyncVerdict.ToLeft : SyncVerdict.None;
    }

    private bool IsUnderLeftOut => IsLeftOut || Parent?.IsUnderLeftOut == true;

    private SyncVerdict Compare(SyncWay way) => (left, right) switch
    {
        (null, null) => SyncVerdict.Forget,
        ({ }, null) => OnlyLeft(left, way),
        (null, { }) => OnlyRight(right, way),
        ({ IsFolder: true }, { IsFolder: true }) => AdoptIfNew(left, right),
        ({ IsFolder: false }, { IsFolder: false }) => Files(left, right, way),
        _ => Kinds(left, right, way),
    };

    private SyncVerdict OnlyLeft(SyncEntry here, SyncWay way)
    {
        if (agreed is null or { LacksLeft: true })
            return SyncVerdict.ToRight;
        return (SyncEntry.IsUnchanged(agreed.Left, here), agreed.Right, way) switch
        {
            (null, _, _) => Read(SyncSide.Left),
            (false, _, _) => SyncVerdict.ToRight,
            (true, null, _) => SyncVerdict.None,
            (true, _, SyncWay.Both) => SyncVerdict.RemoveLeft,
            _ => Disagree(SyncConflictKind.RemovedAtDestination),
        };
    }

    private SyncVerdict OnlyRight(SyncEntry there, SyncWay way)
    {
        if (agreed?.Right is not { } was)
            return way == SyncWay.Both ? SyncVerdict.ToLeft : agreed is null ? SyncVerdict.None : SyncVerdict.Forget;
        return (SyncEntry.IsUnchanged(was, there), way) switch
        {
            (null, _) => Read(SyncSide.Right),
            (true, _) when agreed.LacksLeft => SyncVerdict.None,
            (true, _) => SyncVerdict.RemoveRight,
            (false, SyncWay.Both) => SyncVerdict.ToLeft,
            _ => Disagree(SyncConflictKind.ChangedAtDestination),
        };
    }

    private SyncVerdict Files(SyncEntry here, SyncEntry there, SyncWay way)
    {
        var same = SyncEntry.HaveSameContent(here, there);
        if (agreed is not { Right: { } was, LacksLeft: false })
        {
            return same switch
            {
                true => SyncVerdict.Adopt,
                false => Disagree(SyncConflictKind.BothNew),
                null => Read(SyncSide.Left, SyncSide.Right),
            };
        }

        var leftIsOld = SyncEntry.IsUnchanged(agreed.Left, here);
        var rightIsOld = SyncEntry.IsUnchanged(was, there);
        if (leftIsOld == true && rightIsOld == true)
            return AdoptIfNew(here, there);
        if (same == true)
            return SyncVerdict.Adopt;
        if (leftIsOld is null || rightIsOld is null)
            return Read(leftIsOld is null ? [SyncSide.Left] : [SyncSide.Right]);
        if (rightIsOld == true)
            return SyncVerdict.ToRight;
        if (leftIsOld == true)
            return way == SyncWay.Both ? SyncVerdict.ToLeft : Disagree(SyncConflictKind.ChangedAtDestination);
        return same is null ? Read(SyncSide.Left, SyncSide.Right) : Disagree(SyncConflictKind.BothChanged);
    }

    private SyncVerdict Kinds(SyncEntry here, SyncEntry there, SyncWay way)
    {
        if (agreed is not { Right: { } was, LacksLeft: false })
            return Disagree(SyncConflictKind.FileAndFolder);
        if (AgreesOnKinds == false)
        {
            return SyncEntry.IsUnchanged(agreed.Left, here) == false || SyncEntry.IsUnchanged(was, there) == false
                ? Disagree(SyncConflictKind.FileAndFolder)
                : SyncVerdict.None;
        }

        if (was.IsFolder == there.IsFolder)
        {
            return SyncEntry.IsUnchanged(was, there) switch
            {
                null => Read(SyncSide.Right),
                true => SyncVerdict.RemoveRight,
                false => Disagree(SyncConflictKind.FileAndFolder),
            };
        }

        return SyncEntry.IsUnchanged(agreed.Left, here) switch
        {
            null => Read(SyncSide.Left),
            true => way == SyncWay.Both ? SyncVerdict.RemoveLeft : Disagree(SyncConflictKind.ChangedAtDestination),
            false => Disagree(SyncConflictKind.FileAndFolder),
        };
    }

    private SyncVerdict AdoptIfNew(SyncEntry here, SyncEntry there) =>
        agreed is { Right: { } was } && IsRecorded(agreed.Left, here) && IsRecorded(was, there) ? SyncVerdict.None : SyncVerdict.Adopt;

    private static bool IsRecorded(SyncEntry was, SyncEntry now) =>
        was.Id == now.Id && was.IsFolder == now.IsFolder && was.Version == now.Version;

    private SyncVerdict Disagree(SyncConflictKind kind)
    {
        Conflict = kind;
        return Verdict = SyncVerdict.Conflict;
    }

    private SyncVerdict Read(params ReadOnlySpan<SyncSide> sides)
    {
        foreach (var side in sides)
        {
            if ((side == SyncSide.Left ? left : right)?.Digests.ContainsKey(SyncEntry.ReadDigest) == false)
                _readings.Add(new SyncReading(side, path));
        }

        return SyncVerdict.None;
    }
}
