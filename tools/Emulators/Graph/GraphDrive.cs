namespace ChunkUpload.Emulators.Graph;

/// <summary>The tree of one drive with its quota. Every public member takes the lock.</summary>
internal sealed partial class GraphDrive
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GraphItem> _items = [];
    private readonly List<GraphItem> _byNumber = [];
    private readonly SortedDictionary<long, GraphItem> _feed = [];
    private readonly TimeProvider _time;
    private long _sequence;
    private long _inRecycleBin;

    public GraphDrive(GraphDriveKind kind, int number, string owner, string ownerName, TimeProvider time)
    {
        (Kind, Owner, OwnerName, _time) = (kind, owner, ownerName, time);
        Id = GraphIds.DriveId(kind, number);
        Root = NewItem("root", GraphItemKind.Folder, default);
        Touch(Root);
    }

    public GraphDriveKind Kind { get; }

    public string Id { get; }

    /// <summary>The account whose drive it is.</summary>
    public string Owner { get; }

    public string OwnerName { get; }

    public GraphItem Root { get; }

    /// <summary>Null for a drive without a limit.</summary>
    public long? Total { get; set; } = 1L << 40;

    public GraphQuota Quota
    {
        get
        {
            lock (_gate)
                return new GraphQuota(Total, Root.Size, _inRecycleBin, Kind != GraphDriveKind.Personal);
        }
    }

    public GraphItem? Find(string id)
    {
        lock (_gate)
            return _items.GetValueOrDefault(GraphIds.Normalize(Kind, id)) is { IsDeleted: false } item ? item : null;
    }

    public GraphItem? Find(GraphItem from, IEnumerable<string> path)
    {
        lock (_gate)
        {
            var item = from;
            foreach (var name in path)
                if (!item.Children.TryGetValue(name, out item))
                    return null;
            return item;
        }
    }

    public IReadOnlyList<GraphItem> ChildrenOf(GraphItem folder)
    {
        lock (_gate)
            return [.. folder.Children.Values];
    }

    public IReadOnlyList<GraphItem> All()
    {
        lock (_gate)
            return [.. _items.Values.Where(item => !item.IsDeleted)];
    }

    /// <summary>Reads several values of an item without a change in between.</summary>
    public T Read<T>(Func<T> look)
    {
        lock (_gate)
            return look();
    }

    public GraphResult CreateFolder(GraphItem parent, string name, GraphConflict conflict, GraphFileTimes times = default) =>
        Create(parent, name, GraphItemKind.Folder, conflict, times);

    public GraphResult Create(
        GraphItem parent, string name, GraphItemKind kind, GraphConflict conflict, GraphFileTimes times = default, GraphItem? target = null)
    {
        lock (_gate)
        {
            if (Refuse(parent, name) is { } refusal)
                return refusal;
            if (parent.Children.TryGetValue(name, out var existing))
            {
                if (conflict == GraphConflict.Replace && existing.Kind == GraphItemKind.Folder && kind == GraphItemKind.Folder)
                    return new GraphResult(existing, null);
                if (conflict != GraphConflict.Rename)
                    return GraphError.NameTaken;
                name = FreeName(parent, name);
            }

            var item = NewItem(name, kind, times);
            item.Target = target;
            Place(item, parent);
            return new GraphResult(item, null, Created: true);
        }
    }

    /// <summary>Publishes content under a name.</summary>
    public GraphResult PutFile(
        GraphItem parent, string name, GraphContent content, GraphConflict conflict, GraphFileTimes times = default, string? ifMatch = null)
    {
        lock (_gate)
        {
            if (Refuse(parent, name) is { } refusal)
                return refusal;
            if (RefuseFile(parent, name, conflict, ifMatch, content.Size) is { } fileRefusal)
                return fileRefusal;
            parent.Children.TryGetValue(name, out var existing);
            if (existing is not null && conflict == GraphConflict.Replace)
            {
                ReplaceContent(existing, content, times, keepVersion: true);
                return new GraphResult(existing, null);
            }

            var item = NewItem(existing is null ? name : FreeName(parent, name), GraphItemKind.File, times);
            item.Content = content;
            item.Size = content.Size;
            Place(item, parent);
            return new GraphResult(item, null, Created: true);
        }
    }

    /// <summary>Says beforehand whether an upload of this name and size would be refused.</summary>
    public GraphError? RefuseUpload(GraphItem parent, string name, GraphConflict conflict, string? ifMatch, long? size)
    {
        lock (_gate)
            return Refuse(parent, name) ?? RefuseFile(parent, name, conflict, ifMatch, size ?? 0);
    }

    /// <summary>Changes content as the storage itself does: no version is kept, and the file's times stay.</summary>
    public void Rewrite(GraphItem item, GraphContent content)
    {
        lock (_gate)
            ReplaceContent(item, content, new GraphFileTimes(item.FileCreated, item.FileModified), keepVersion: false);
    }

    public void SetMalware(GraphItem item, string? name)
    {
        lock (_gate)
        {
            item.Malware = name;
            item.Revision++;
            Touch(item);
        }
    }

    public void Share(GraphItem item, string account)
    {
        lock (_gate)
            item.SharedWith.Add(account);
    }

    public bool IsOpenTo(GraphItem item, string account)
    {
        lock (_gate)
        {
            if (Owner == account)
                return true;
            for (var at = item; at is not null; at = at.Parent)
                if (at.SharedWith.Contains(account))
                    return true;
            return false;
        }
    }

    private static GraphError? Refuse(GraphItem parent, string name)
    {
        if (parent.IsDeleted)
            return GraphError.NotFound;
        if (parent.Kind != GraphItemKind.Folder)
            return GraphError.Invalid("The parent is no folder.");
        return GraphNames.Refuse(name) ?? GraphNames.RefusePath($"{parent.PathInDrive()}/{name}");
    }

    private GraphError? RefuseFile(GraphItem parent, string name, GraphConflict conflict, string? ifMatch, long size)
    {
        parent.Children.TryGetValue(name, out var existing);
        if (ifMatch is not null && (existing is null || !Matches(existing, ifMatch)))
            return GraphError.Modified;
        if (existing is not null && conflict == GraphConflict.Fail)
            return GraphError.NameTaken;
        if (existing is not null && conflict == GraphConflict.Replace && existing.Kind != GraphItemKind.File)
            return GraphError.NameTaken;
        return Quota.Remaining is { } remaining && size > remaining ? GraphError.QuotaReached : null;
    }

    private static bool Matches(GraphItem item, string ifMatch) =>
        ifMatch == "*" || Bare(ifMatch) == Bare(item.ETag) || Bare(ifMatch) == Bare(item.CTag);

    private static string Bare(string tag) => tag.Replace("W/", "", StringComparison.Ordinal).Trim('"');

    private GraphItem NewItem(string name, GraphItemKind kind, GraphFileTimes times)
    {
        var now = Second(_time.GetUtcNow());
        var item = new GraphItem(this, GraphIds.ItemId(Kind, Id, _byNumber.Count + 1), name, kind)
        {
            Created = now,
            Modified = now,
            FileCreated = Second(times.Created ?? now),
            FileModified = Second(times.Modified ?? now),
        };
        _items[GraphIds.Normalize(Kind, item.Id)] = item;
        _byNumber.Add(item);
        return item;
    }

    private void ReplaceContent(GraphItem item, GraphContent content, GraphFileTimes times, bool keepVersion)
    {
        if (keepVersion && item.Content is not null)
            item.Versions.Add(item.Content);
        AddSize(item, content.Size - item.Size);
        item.Content = content;
        item.FileModified = Second(times.Modified ?? _time.GetUtcNow());
        if (times.Created is { } created)
            item.FileCreated = Second(created);
        item.Malware = null;
        item.Revision++;
        item.ContentRevision++;
        Touch(item);
    }

    private void Place(GraphItem item, GraphItem parent)
    {
        item.Parent = parent;
        parent.Children.Add(item.Name, item);
        AddSize(parent, item.Size);
        Touch(item);
    }

    private static void AddSize(GraphItem item, long bytes)
    {
        for (var at = item; at is not null; at = at.Parent)
            at.Size += bytes;
    }

    /// <summary>A change of an item is one of every folder above it: the feed tells them first.</summary>
    private void Touch(GraphItem item)
    {
        if (item.Parent is not null)
        {
            item.Parent.ContentRevision++;
            Touch(item.Parent);
        }

        item.Modified = Second(_time.GetUtcNow());
        _feed.Remove(item.Sequence);
        item.Sequence = ++_sequence;
        _feed.Add(item.Sequence, item);
    }

    private static string FreeName(GraphItem parent, string name)
    {
        var number = 1;
        while (parent.Children.ContainsKey(GraphNames.Numbered(name, number)))
            number++;
        return GraphNames.Numbered(name, number);
    }

    private static DateTimeOffset Second(DateTimeOffset time) =>
        new(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
