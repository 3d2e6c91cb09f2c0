using ChunkUpload.Api.Requests;

namespace ChunkUpload.Api.Tree;

/// <summary>Query parameters of several endpoints of the tree.</summary>
internal static class TreeQuery
{
    public static bool Flag(QueryReader query, string name)
    {
        switch (query.Text(name))
        {
            case null or "false":
                return false;
            case "true" or "":
                return true;
            default:
                query.Refuse($"{name} must be true or false.");
                return false;
        }
    }

    public static NameConflict? Conflict(QueryReader query)
    {
        if (query.Text("conflict") is not { } word)
            return null;
        if (ConflictOf(word) is { } conflict)
            return conflict;
        query.Refuse("conflict must be fail, rename or replace.");
        return null;
    }

    public static NameConflict? ConflictOf(string? word) => word switch
    {
        "fail" => NameConflict.Fail,
        "rename" => NameConflict.Rename,
        "replace" => NameConflict.Replace,
        _ => null,
    };
}
