namespace ChunkUpload.Emulators.Graph;

/// <summary>The kind of an item; Graph shows it by facets.</summary>
internal enum GraphItemKind
{
    Folder,
    File,

    /// <summary>A OneNote notebook: it is listed, and has no content to read.</summary>
    Package,

    /// <summary>A shortcut to an item in another drive.</summary>
    Remote,
}

/// <summary>A file, folder, package or shared item of a drive. Its drive changes it, under its lock.</summary>
internal sealed class GraphItem(GraphDrive drive, string id, string name, GraphItemKind kind)
{
    public GraphDrive Drive => drive;

    public string Id => id;

    public string Name { get; set; } = name;

    public GraphItemKind Kind => kind;

    /// <summary>Null for the root, and for items that were never placed.</summary>
    public GraphItem? Parent { get; set; }

    public SortedDictionary<string, GraphItem> Children { get; } = new(GraphNames.Comparer);

    public GraphContent? Content { get; set; }

    /// <summary>Earlier contents, the newest last.</summary>
    public List<GraphContent> Versions { get; } = [];

    public GraphItem? Target { get; set; }

    /// <summary>The name of the malware that a scan has found in a file.</summary>
    public string? Malware { get; set; }

    /// <summary>The bytes of the content, or of everything below a folder.</summary>
    public long Size { get; set; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset Modified { get; set; }

    /// <summary>The times of the file system that the item came from, as clients set them.</summary>
    public DateTimeOffset FileCreated { get; set; }

    public DateTimeOffset FileModified { get; set; }

    /// <summary>Grows with each change, of metadata or content.</summary>
    public int Revision { get; set; } = 1;

    /// <summary>Grows with changes of content only.</summary>
    public int ContentRevision { get; set; } = 1;

    /// <summary>The position of the last change in the drive's feed.</summary>
    public long Sequence { get; set; }

    public bool IsDeleted { get; set; }

    /// <summary>Accounts beside the owner that may use this item and everything below it.</summary>
    public HashSet<string> SharedWith { get; } = [];

    public string ETag => drive.Kind == GraphDriveKind.Personal ? $"a{Encoded(Revision)}" : $"\"{{{id}}},{Revision}\"";

    public string CTag => drive.Kind == GraphDriveKind.Personal ? $"c{Encoded(ContentRevision)}" : $"\"c:{{{id}}},{ContentRevision}\"";

    public bool IsBelow(GraphItem other)
    {
        for (var item = this; item is not null; item = item.Parent)
            if (item == other)
                return true;
        return false;
    }

    /// <summary>The path from the root in Graph's form: "/drives/…/root:/Photos".</summary>
    public string Path() => Parent is null ? $"/drives/{drive.Id}/root:" : $"{Parent.Path()}/{Uri.EscapeDataString(Name)}";

    /// <summary>The names from the root to here: "Photos/2026".</summary>
    public string PathInDrive() => Parent switch
    {
        null => "",
        { Parent: null } => Name,
        _ => $"{Parent.PathInDrive()}/{Name}",
    };

    private string Encoded(int revision) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{id}.{revision}")).TrimEnd('=');
}

/// <summary>The outcome of an operation: an item, or the reason against it.</summary>
internal readonly record struct GraphResult(GraphItem? Item, GraphError? Error, bool Created = false)
{
    public static implicit operator GraphResult(GraphError error) => new(null, error);
}

/// <summary>The times that a client may set.</summary>
internal readonly record struct GraphFileTimes(DateTimeOffset? Created, DateTimeOffset? Modified);

internal enum GraphConflict
{
    Fail,
    Rename,
    Replace,
}
