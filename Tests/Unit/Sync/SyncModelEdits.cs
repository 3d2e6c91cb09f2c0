namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>The changes that a person makes on one side of the model.</summary>
internal sealed class SyncModelEdits(Random random)
{
    private static readonly string[] Names = ["a", "b", "c", "d.out"];

    /// <summary>The contents that a person has moved, or made twice: they may be where another person removed them.</summary>
    public HashSet<int> Doubtful { get; } = [];

    /// <summary>Every content that a person has made.</summary>
    public HashSet<int> Made { get; } = [];

    public void Change(SyncModelSide side)
    {
        var paths = side.Items.Keys.ToList();
        var some = paths.Count == 0 ? "" : paths[random.Next(paths.Count)];
        switch (random.Next(10))
        {
            case 0 or 1 or 2:
                Write(side, NewPath(side), random.Next(8) == 0 ? Twin() : SyncModelSide.NextNumber());
                break;
            case 3 or 4 when some.Length > 0 && !side.IsFolder(some):
                Write(side, some, SyncModelSide.NextNumber());
                break;
            case 5 when NewPath(side) is { Length: > 0 } path && !side.Items.ContainsKey(path):
                side.MakeFolder(path);
                break;
            case 6 when some.Length > 0:
                Remove(side, some);
                break;
            case 7 when some.Length > 0:
                Move(side, some, NewPath(side));
                break;
            case 8 when some.Length > 0:
                Swap(side, some, paths[random.Next(paths.Count)]);
                break;
            case 9 when some.Length > 0 && side.Items[some].Content is { } content:
                // A new time without a new content, or a file that becomes a folder.
                if (random.Next(2) == 0)
                    side.Write(some, content);
                else
                {
                    Remove(side, some);
                    side.MakeFolder(some);
                    Write(side, $"{some}/a", SyncModelSide.NextNumber());
                }

                break;
        }
    }

    private int Twin() => Made.Count == 0 ? SyncModelSide.NextNumber() : Made.ElementAt(random.Next(Made.Count));

    private string NewPath(SyncModelSide side)
    {
        var folders = side.Items.Keys.Where(path => side.IsFolder(path) && path.Count(letter => letter == '/') < 2).Append("").ToList();
        var folder = folders[random.Next(folders.Count)];
        var name = Names[random.Next(Names.Length)];
        return folder.Length == 0 ? name : $"{folder}/{name}";
    }

    private void Write(SyncModelSide side, string path, int content)
    {
        if (side.Items.ContainsKey(path) && side.IsFolder(path))
            return;
        if (!Made.Add(content))
            Doubtful.Add(content);
        if (side.Items.TryGetValue(path, out var old) && old.Content is { } replaced && replaced != content)
            side.EndedByPerson.Add(replaced);
        side.Write(path, content);
    }

    private static void Remove(SyncModelSide side, string path)
    {
        foreach (var (gone, item) in side.Items.Where(item => item.Key == path || SyncModelSide.IsBelow(item.Key, path)).ToList())
        {
            side.Items.Remove(gone);
            if (item.Content is { } content)
                side.EndedByPerson.Add(content);
        }
    }

    private void Move(SyncModelSide side, string from, string to)
    {
        if (side.Items.ContainsKey(to) || to == from || SyncModelSide.IsBelow(to, from))
            return;
        Note(side, from);
        side.Move(from, to);
    }

    private void Swap(SyncModelSide side, string one, string other)
    {
        if (one == other || SyncModelSide.IsBelow(one, other) || SyncModelSide.IsBelow(other, one))
            return;
        Note(side, one);
        Note(side, other);
        side.Move(one, "swapping");
        side.Move(other, one);
        side.Move("swapping", other);
    }

    private void Note(SyncModelSide side, string path)
    {
        foreach (var item in side.Items.Where(item => item.Key == path || SyncModelSide.IsBelow(item.Key, path)))
        {
            if (item.Value.Content is { } content)
                Doubtful.Add(content);
        }
    }
}
