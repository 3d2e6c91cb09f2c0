using System.Globalization;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.State;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.Sync;

/// <summary>
/// The local names of items whose names at the service this system cannot have, or would take for that of another item: they have a number.
/// Such a name is kept as long as its item, also when nothing is in its way any more.
/// </summary>
/// <param name="store">Keeps the names.</param>
/// <param name="folds">Whether names that differ only in case or in the form of Unicode are one name here.</param>
/// <param name="isWindows">Whether the names are those of Windows.</param>
internal sealed class LocalNames(SyncStore store, bool folds, bool isWindows)
{
    /// <returns>The local path of an item of the service.</returns>
    public string ToLocal(string path) => store.Names.Count == 0 ? path : Translate(path, ends => store.Names.GetValueOrDefault(ends));

    /// <returns>The path at the service of a local item.</returns>
    public string ToService(string path)
    {
        if (store.Names.Count == 0)
            return path;
        var parts = path.Split('/');
        var above = "";
        foreach (var part in parts)
        {
            var name = store.NamedHere(above, part) is { } known ? NameOf(known) : part;
            above = Join(above, name);
        }

        return above;
    }

    /// <summary>Assigns local names to items of the service whose names are not possible here.</summary>
    /// <param name="left">The local items, by their paths at the service.</param>
    /// <param name="right">The items of the service.</param>
    public void Assign(IReadOnlyDictionary<string, SyncEntry> left, IReadOnlyDictionary<string, SyncEntry> right)
    {
        if (!folds && !isWindows)
            return;
        // Items of the base first, then local ones, then those that are new at the service, so that existing items keep their names.
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in right.Keys.Where(store.Bases.ContainsKey).Concat(left.Keys.Where(path => !store.Bases.ContainsKey(path)))
                     .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            _ = taken.Add(KeyOf(path, store.Names.GetValueOrDefault(path) ?? NameOf(path)));
        foreach (var path in right.Where(item => item.Value.LeftOut is null && !store.Bases.ContainsKey(item.Key)
                     && !left.ContainsKey(item.Key)).Select(item => item.Key).Order(StringComparer.Ordinal))
        {
            if (store.Names.TryGetValue(path, out var known) && taken.Add(KeyOf(path, known)))
                continue;
            var name = LocalName.Of(NameOf(path), isWindows);
            for (var number = 2; !taken.Add(KeyOf(path, name)); number++)
                name = Numbered(LocalName.Of(NameOf(path), isWindows), number);
            if (name != NameOf(path))
                store.NameHere(path, name);
        }
    }

    private string KeyOf(string path, string name) => $"{ParentOf(path)}/{(folds ? LocalName.Fold(name) : name)}";

    private static string Translate(string path, Func<string, string?> nameOf)
    {
        var local = "";
        for (var end = path.IndexOf('/', StringComparison.Ordinal); ; end = path.IndexOf('/', end + 1))
        {
            var above = end < 0 ? path : path[..end];
            local = Join(local, nameOf(above) ?? NameOf(above));
            if (end < 0)
                return local;
        }
    }

    private static string Numbered(string name, int number)
    {
        var dot = name.LastIndexOf('.');
        var (stem, extension) = dot > 0 ? (name[..dot], name[dot..]) : (name, "");
        return string.Create(CultureInfo.InvariantCulture, $"{stem} ({number}){extension}");
    }

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and var end ? path[..end] : "";
}
