namespace ChunkUpload.Emulators.Graph;

/// <summary>Moves, deletions and the feed of changes.</summary>
internal sealed partial class GraphDrive
{
    /// <summary>The position that a token of "everything until now" carries.</summary>
    public long Latest
    {
        get
        {
            lock (_gate)
                return _sequence;
        }
    }

    public GraphResult Update(
        GraphItem item, string? name, GraphItem? parent, GraphFileTimes times, string? ifMatch, GraphConflict conflict)
    {
        lock (_gate)
        {
            if (item.IsDeleted)
                return GraphError.NotFound;
            if (ifMatch is not null && !Matches(item, ifMatch))
                return GraphError.Modified;
            if ((name is not null && name != item.Name) || (parent is not null && parent != item.Parent))
                if (Move(item, name ?? item.Name, parent ?? item.Parent, conflict) is { } refusal)
                    return refusal;
            item.FileCreated = Second(times.Created ?? item.FileCreated);
            item.FileModified = Second(times.Modified ?? item.FileModified);
            item.Revision++;
            Touch(item);
            return new GraphResult(item, null);
        }
    }

    public GraphError? Delete(GraphItem item, string? ifMatch, bool permanently)
    {
        lock (_gate)
        {
            if (item.IsDeleted)
                return GraphError.NotFound;
            if (item.Parent is null)
                return GraphError.Invalid("The root cannot be deleted.");
            if (ifMatch is not null && !Matches(item, ifMatch))
                return GraphError.Modified;
            AddSize(item.Parent, -item.Size);
            item.Parent.Children.Remove(item.Name);
            Bury(item);
            if (!permanently)
                _inRecycleBin += item.Size;
            return null;
        }
    }

    public void EmptyRecycleBin()
    {
        lock (_gate)
            _inRecycleBin = 0;
    }

    /// <summary>Copies an item with everything below it; contents are shared, because they never change.</summary>
    public GraphResult Copy(GraphItem source, GraphItem parent, string name, GraphConflict conflict)
    {
        // The source may be of another drive, and is read under that drive's lock before this one's is taken.
        var children = source.Drive.ChildrenOf(source);
        var times = new GraphFileTimes(source.FileCreated, source.FileModified);
        if (source.Content is { } content)
        {
            content.Data.Retain();
            var put = PutFile(parent, name, content, conflict, times);
            if (put.Item is null)
                content.Data.Release();
            return put;
        }

        var made = Create(parent, name, source.Kind, conflict, times, source.Target);
        if (made.Item is not null)
            foreach (var child in children.Where(child => child != made.Item))
                if (Copy(child, made.Item, child.Name, GraphConflict.Replace) is { Error: not null } failed)
                    return failed;
        return made;
    }

    /// <summary>Returns the items that changed after a position, in the order of their last changes.</summary>
    /// <param name="top">Only this item and what is below it.</param>
    public (IReadOnlyList<GraphItem> Items, bool More) Changes(long after, int count, GraphItem top)
    {
        lock (_gate)
        {
            var found = new List<GraphItem>();
            foreach (var (sequence, item) in _feed)
            {
                if (sequence <= after || !item.IsBelow(top))
                    continue;
                if (found.Count == count)
                    return (found, true);
                found.Add(item);
            }

            return (found, false);
        }
    }

    /// <summary>Returns what there is, from a position in the order of creation, so that folders come before what they hold.</summary>
    public (IReadOnlyList<GraphItem> Items, int Next) Existing(int from, int count, GraphItem top)
    {
        lock (_gate)
        {
            var found = new List<GraphItem>();
            for (; from < _byNumber.Count && found.Count < count; from++)
                if (_byNumber[from] is { IsDeleted: false } item && item.IsBelow(top))
                    found.Add(item);
            return (found, from < _byNumber.Count ? from : -1);
        }
    }

    /// <summary>The position before the first change at or after a time.</summary>
    public long PositionAt(DateTimeOffset time)
    {
        lock (_gate)
            return _feed.Values.Where(item => item.Modified < time).Select(item => item.Sequence).DefaultIfEmpty(0).Max();
    }

    private GraphError? Move(GraphItem item, string name, GraphItem? parent, GraphConflict conflict)
    {
        if (parent is null || item.Parent is null)
            return GraphError.Invalid("The root can be neither renamed nor moved.");
        if (parent.Drive != this)
            return GraphError.Invalid("An item cannot be moved to another drive; copy it.");
        if (Refuse(parent, name) is { } refusal)
            return refusal;
        if (parent.IsBelow(item))
            return GraphError.Invalid("A folder cannot be moved into itself.");
        if (parent.Children.TryGetValue(name, out var existing) && existing != item)
        {
            if (conflict == GraphConflict.Rename)
                name = FreeName(parent, name);
            else if (conflict == GraphConflict.Replace && existing.Kind == GraphItemKind.File && item.Kind == GraphItemKind.File)
                Delete(existing, ifMatch: null, permanently: false);
            else
                return GraphError.NameTaken;
        }

        AddSize(item.Parent, -item.Size);
        item.Parent.Children.Remove(item.Name);
        Touch(item.Parent);
        item.Name = name;
        item.Parent = parent;
        parent.Children.Add(name, item);
        AddSize(parent, item.Size);
        return null;
    }

    private void Bury(GraphItem item)
    {
        foreach (var child in item.Children.Values.ToList())
            Bury(child);
        item.Children.Clear();
        item.IsDeleted = true;
        // Nothing is restored from the recycle bin; only its size is kept.
        item.Content?.Data.Release();
        item.Versions.ForEach(version => version.Data.Release());
        Touch(item);
    }
}

/// <summary>A drive's space.</summary>
/// <param name="DeletedCounts">Whether the recycle bin takes space of the quota, as it does on SharePoint.</param>
internal readonly record struct GraphQuota(long? Total, long Used, long Deleted, bool DeletedCounts)
{
    public long? Remaining => Total is { } total ? Math.Max(0, total - Used - (DeletedCounts ? Deleted : 0)) : null;

    public string State => (Remaining, Total) switch
    {
        (null, _) => "normal",
        (0, _) => "exceeded",
        ({ } remaining, { } total) when remaining < total / 100 => "critical",
        ({ } remaining, { } total) when remaining < total / 10 => "nearing",
        _ => "normal",
    };
}
