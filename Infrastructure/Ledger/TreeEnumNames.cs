using ChunkUpload.Core.Tree;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>The names that the schema uses for the enumerations of the tree.</summary>
internal static class TreeEnumNames
{
    public static string Word(this EntryKind kind) => kind switch
    {
        EntryKind.Folder => "folder",
        EntryKind.File => "file",
        EntryKind.Link => "link",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static EntryKind Kind(string word) => word switch
    {
        "folder" => EntryKind.Folder,
        "file" => EntryKind.File,
        "link" => EntryKind.Link,
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, null),
    };

    public static string Word(this NameConflict conflict) => conflict switch
    {
        NameConflict.Fail => "fail",
        NameConflict.Rename => "rename",
        NameConflict.Replace => "replace",
        _ => throw new ArgumentOutOfRangeException(nameof(conflict), conflict, null),
    };

    public static NameConflict Conflict(string word) => word switch
    {
        "fail" => NameConflict.Fail,
        "rename" => NameConflict.Rename,
        "replace" => NameConflict.Replace,
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, null),
    };
}
