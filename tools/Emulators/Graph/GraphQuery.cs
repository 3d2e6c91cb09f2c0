using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Graph;

/// <summary>The OData options of a request, as far as clients of drives use them.</summary>
internal sealed class GraphQuery
{
    private readonly HashSet<string>? _select;
    private readonly HashSet<string> _expand = new(StringComparer.OrdinalIgnoreCase);

    public GraphQuery(IQueryCollection query)
    {
        if (Value(query, "select") is { } select)
            _select = new HashSet<string>(Words(select), StringComparer.OrdinalIgnoreCase);
        if (Value(query, "expand") is { } expand)
            _expand.UnionWith(Words(expand).Select(word => word.Split('(')[0]));
        Top = int.TryParse(Value(query, "top"), out var top) ? top : null;
        SkipToken = Value(query, "skiptoken");
        OrderBy = Value(query, "orderby");
        Filter = Value(query, "filter");
    }

    private GraphQuery()
    {
    }

    public static GraphQuery None { get; } = new();

    public int? Top { get; }

    public string? SkipToken { get; }

    public string? OrderBy { get; }

    public string? Filter { get; }

    public bool Expands(string relation) => _expand.Contains(relation);

    /// <summary>Keeps the chosen values. Annotations stay only where they were chosen.</summary>
    public JsonObject Select(JsonObject json)
    {
        if (_select is null)
            return json;
        foreach (var name in json.Select(pair => pair.Key).ToList())
            if (!IsSelected(name))
                json.Remove(name);
        return json;
    }

    private static string? Value(IQueryCollection query, string name) =>
        query.TryGetValue($"${name}", out var value) || query.TryGetValue(name, out value) ? value.ToString() : null;

    private static string[] Words(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private bool IsSelected(string name) =>
        _select!.Contains(name) || _expand.Contains(name)
        || (name == "@microsoft.graph.downloadUrl" && _select.Contains("content.downloadUrl"));
}
