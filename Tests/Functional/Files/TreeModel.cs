namespace ChunkUpload.Tests.Functional.Files;

/// <summary>A tree in memory that knows what each operation must do and answer.</summary>
internal sealed class TreeModel
{
    private readonly Node _root = new("", null);
    private readonly List<(Node Parent, Node Node)> _trash = [];

    /// <summary>How many entries were removed and not restored.</summary>
    public int Removed => _trash.Count;

    /// <summary>A file has content; a folder has none.</summary>
    private sealed record Node(string Name, string? Content)
    {
        public string Name { get; set; } = Name;

        public string? Content { get; set; } = Content;

        public SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public bool IsFolder => Content is null;

        public Node Copy(string name)
        {
            var copy = new Node(name, Content);
            foreach (var child in Children.Values)
                copy.Children.Add(child.Name, child.Copy(child.Name));
            return copy;
        }
    }

    /// <summary>Paths in tree order; those of folders end with a slash, those of files are followed by their content.</summary>
    public IEnumerable<string> Lines() => Lines(_root, "");

    public string Put(string path, string content, string conflict)
    {
        var (parent, name, code) = Place(path);
        if (parent is null)
            return code;
        var taken = parent.Children.GetValueOrDefault(name);
        if (taken is not null && conflict == "rename")
            (name, taken) = (Free(parent, name), null);
        if (taken is { IsFolder: true })
            return conflict == "fail" ? "name_taken" : "not_a_file";
        if (taken is not null && conflict == "fail")
            return "name_taken";
        if (taken is not null)
            taken.Content = content;
        else
            parent.Children.Add(name, new Node(name, content));
        return "ok";
    }

    public string MakeFolder(string path)
    {
        var (parent, name, code) = Place(path);
        if (parent is null)
            return code;
        if (parent.Children.TryGetValue(name, out var taken))
            return taken.IsFolder ? "ok" : "name_taken";
        parent.Children.Add(name, new Node(name, null));
        return "ok";
    }

    public string Move(string from, string to, string conflict)
    {
        var (old, node) = Find(from);
        if (node is null)
            return "no_entry";
        // The target is resolved before it is known that the moved folder lies on its path.
        var (parent, name, code) = Place(to);
        if (parent is null)
            return code;
        if (node.IsFolder && Contains(node, parent))
            return "into_itself";
        var taken = parent.Children.GetValueOrDefault(name);
        if (ReferenceEquals(taken, node))
            return "ok";
        if (taken is not null && conflict == "rename")
            (name, taken) = (Free(parent, name), null);
        if (taken is not null && (conflict == "fail" || taken.IsFolder || node.IsFolder))
            return "name_taken";
        old!.Children.Remove(node.Name);
        node.Name = name;
        parent.Children[name] = node;
        return "ok";
    }

    public string Copy(string from, string to, string conflict)
    {
        if (Find(from).Node is not { } node)
            return "no_entry";
        var (parent, name, code) = Place(to);
        if (parent is null)
            return code;
        if (node.IsFolder && (to == from || to.StartsWith(from + "/", StringComparison.Ordinal)))
            return "into_itself";
        var taken = parent.Children.GetValueOrDefault(name);
        if (taken is not null && conflict == "rename")
            (name, taken) = (Free(parent, name), null);
        if (taken is { IsFolder: true } && !node.IsFolder && conflict == "replace")
            return "not_a_file";
        if (taken is not null && (conflict == "fail" || taken.IsFolder || node.IsFolder))
            return "name_taken";
        // A file that is replaced stays the same entry.
        if (taken is not null)
            taken.Content = node.Content;
        else
            parent.Children[name] = node.Copy(name);
        return "ok";
    }

    public string Remove(string path)
    {
        var (parent, node) = Find(path);
        if (node is null)
            return "no_entry";
        parent!.Children.Remove(node.Name);
        _trash.Add((parent, node));
        return "ok";
    }

    /// <param name="removed">Which of the removed entries, from 0; if it is restored, the later ones move up.</param>
    /// <param name="to">Null means where it lay.</param>
    public string Restore(int removed, string? to, string conflict)
    {
        var (parent, node) = _trash[removed];
        var name = node.Name;
        if (to is null && !Contains(_root, parent))
            return "no_folder";
        if (to is not null)
        {
            var place = Place(to, make: true);
            if (place.Parent is null)
                return place.Code;
            (parent, name, _) = place;
        }

        var taken = parent.Children.GetValueOrDefault(name);
        if (taken is not null && conflict == "rename")
            (name, taken) = (Free(parent, name), null);
        if (taken is not null && (conflict == "fail" || taken.IsFolder || node.IsFolder))
            return "name_taken";
        node.Name = name;
        parent.Children[name] = node;
        _trash.RemoveAt(removed);
        return "ok";
    }

    private static IEnumerable<string> Lines(Node folder, string prefix) => folder.Children.Values.SelectMany(child => child.IsFolder
        ? Lines(child, $"{prefix}{child.Name}/").Prepend($"{prefix}{child.Name}/")
        : [$"{prefix}{child.Name} {child.Content}"]);

    private static bool Contains(Node folder, Node other) =>
        ReferenceEquals(folder, other) || folder.Children.Values.Any(child => Contains(child, other));

    private static string Free(Node parent, string name)
    {
        var dot = name.LastIndexOf('.');
        var (stem, ending) = dot > 0 ? (name[..dot], name[dot..]) : (name, "");
        return Enumerable.Range(2, 1000).Select(n => $"{stem} ({n}){ending}").First(free => !parent.Children.ContainsKey(free));
    }

    private (Node? Parent, Node? Node) Find(string path)
    {
        Node? parent = null;
        Node? node = _root;
        foreach (var name in path.Split('/'))
            (parent, node) = (node, node?.Children.GetValueOrDefault(name));
        return (parent, node);
    }

    /// <param name="make">Whether folders that are missing on the way are made.</param>
    private (Node? Parent, string Name, string Code) Place(string path, bool make = false)
    {
        var names = path.Split('/');
        var folder = _root;
        foreach (var name in names[..^1])
        {
            if (!folder.Children.TryGetValue(name, out var next))
            {
                if (!make)
                    return (null, "", "no_folder");
                folder.Children.Add(name, next = new Node(name, null));
            }

            if (!next.IsFolder)
                return (null, "", "not_a_folder");
            folder = next;
        }

        return (folder, names[^1], "");
    }
}
