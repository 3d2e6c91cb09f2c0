namespace ChunkUpload.Core.Access;

/// <summary>The names of scopes in requests, answers and commands.</summary>
public static class ScopeNames
{
    private static readonly (string Name, Scopes Scope)[] Named =
    [
        ("upload", Scopes.Upload), ("read", Scopes.Read), ("delete", Scopes.Delete), ("list", Scopes.List), ("jobs", Scopes.Jobs),
        ("operate", Scopes.Operate), ("admin", Scopes.Admin), ("transfers", Scopes.Transfers),
        ("projects", Scopes.Projects),
    ];

    public static IEnumerable<string> All => Named.Select(one => one.Name);

    public static IReadOnlyList<string> Of(Scopes scopes) => [.. Named.Where(one => scopes.HasFlag(one.Scope)).Select(one => one.Name)];

    /// <summary>Returns the scope with this name; null if the name is unknown.</summary>
    public static Scopes? Parse(string? name) =>
        Array.FindIndex(Named, one => one.Name == name) is >= 0 and var index ? Named[index].Scope : null;

    /// <summary>Returns null if one of them is unknown.</summary>
    public static Scopes? Parse(IEnumerable<string?> names)
    {
        var scopes = Scopes.None;
        foreach (var name in names)
        {
            if (Parse(name) is not { } scope)
                return null;
            scopes |= scope;
        }

        return scopes;
    }
}
