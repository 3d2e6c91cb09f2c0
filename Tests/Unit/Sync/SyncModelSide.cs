using System.Globalization;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>One side of the model: a storage in memory. A content is a number, and each write gets a new version.</summary>
internal sealed class SyncModelSide(bool hasIdentities, bool hasDigests)
{
    private static int _numbers;

    public SortedDictionary<string, SyncModelItem> Items { get; } = new(StringComparer.Ordinal);

    /// <summary>The contents that a person has removed or replaced here.</summary>
    public HashSet<int> EndedByPerson { get; } = [];

    public static int NextNumber() => Interlocked.Increment(ref _numbers);

    /// <param name="read">The paths of files that were read, so that their digests are known.</param>
    public Dictionary<string, SyncEntry> Look(IReadOnlySet<string> read) => Items.ToDictionary(
        item => item.Key,
        item => EntryOf(item.Key, item.Value, hasDigests || read.Contains(item.Key)),
        StringComparer.Ordinal);

    public SyncEntry EntryOf(string path, SyncModelItem item, bool withDigest) =>
        new(hasIdentities ? Text(item.Identity) : path, item.Content is null)
        {
            Identity = hasIdentities ? Text(item.Identity) : null,
            Version = item.Content is null ? null : Text(item.Version),
            Size = item.Content is null ? null : 1,
            LeftOut = path.EndsWith(".out", StringComparison.Ordinal) ? "A pattern leaves it out." : null,
            Digests = withDigest && item.Content is { } content
                ? new Dictionary<string, string> { [SyncEntry.ReadDigest] = Text(content) }
                : new Dictionary<string, string>(),
        };

    public bool IsFolder(string path) => path.Length == 0 || (Items.TryGetValue(path, out var item) && item.Content is null);

    public bool IsEmpty(string path) => !Items.Keys.Any(key => key.StartsWith($"{path}/", StringComparison.Ordinal));

    public void Write(string path, int content)
    {
        var identity = Items.TryGetValue(path, out var old) && old.Content is not null ? old.Identity : NextNumber();
        Items[path] = new SyncModelItem(identity, content, NextNumber());
    }

    public void MakeFolder(string path) => Items.TryAdd(path, new SyncModelItem(NextNumber(), null, 0));

    public void Move(string from, string to)
    {
        foreach (var (path, item) in Items.Where(item => item.Key == from || IsBelow(item.Key, from)).ToList())
        {
            Items.Remove(path);
            Items[to + path[from.Length..]] = item;
        }
    }

    public static bool IsBelow(string path, string folder) => path.StartsWith($"{folder}/", StringComparison.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <param name="Content"><c>null</c> for a folder.</param>
internal sealed record SyncModelItem(int Identity, int? Content, int Version);
